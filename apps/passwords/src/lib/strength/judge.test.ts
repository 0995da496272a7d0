import { expect, test } from 'vitest';
import { generatePassphrase, generatePassword } from '../domain/generator.ts';
import { effLargeWords } from '../domain/eff-large-words.ts';
import { cryptoRandom } from '../domain/random.ts';
import { Judge } from './judge.ts';
import { Judging, type FromJudge, type JudgeWorker, type ToJudge } from './judging.ts';

const judge = new Judge();
const strengthOf = async (password: string, context: string[] = []) => (await judge.judge(password, context)).strength;

test('[PW-70] what people use is weak, and the reason is said', async () => {
	for (const password of [
		'password',
		'123456',
		'qwertyuiop',
		'P4ssw0rd',
		'abcabcabc',
		'19840512',
		'monday',
		'Charlotte'
	])
		expect((await strengthOf(password)).score, password).toBeLessThan(3);
	expect((await strengthOf('password')).warning).toBe('one of the ten most used passwords');
	expect((await strengthOf('19840512')).warning).toBe('a date');
	expect((await strengthOf('')).score).toBe(0);
});

test('[PW-70] what the generator makes is strong, however long', async () => {
	const random = cryptoRandom();
	const everyKind = { lower: 0, upper: 0, digits: 0, symbols: 0 };
	for (const length of [14, 20, 64, 256]) {
		const made = generatePassword({ length, least: everyKind }, random);
		expect(made.ok && (await strengthOf(made.text)).score).toBe(4);
	}
	const phrase = generatePassphrase({ words: 6, separator: '-', capitals: false, digit: false }, effLargeWords, random);
	expect(phrase.ok && (await strengthOf(phrase.text)).score).toBe(4);
});

test('[PW-70] a long password that repeats itself is not taken for a strong one', async () => {
	expect((await strengthOf('abc'.repeat(30))).score).toBeLessThan(3);
	expect((await strengthOf('password'.repeat(8))).score).toBeLessThan(3);
	expect((await strengthOf('aaaaaaaaaaaaaaaaaaaaaaaaaaaa')).score).toBeLessThan(3);
});

test('[PW-70] a password made of what stands beside it is weak', async () => {
	const password = 'zwölfbeerenlaube';
	expect((await strengthOf(password)).score).toBe(4);
	expect((await strengthOf(password, ['Zwölfbeerenlaube'])).score).toBeLessThan(3);
	const long = 'zwölfbeerenlaubenkolonie am bach';
	expect((await strengthOf(long)).score).toBe(4);
	expect((await strengthOf(long, [long])).score).toBeLessThan(3);
});

test('[PW-71] equal passwords get equal marks, which another judge cannot make', async () => {
	const mark = async (password: string, by = judge) => (await by.judge(password)).mark;
	expect(await mark('same')).toBe(await mark('same'));
	expect(await mark('same')).not.toBe(await mark('Same'));
	expect(await mark('same', new Judge())).not.toBe(await mark('same'));
	expect(await mark('same')).not.toContain('same');
});

test('what was asked before the end is not answered after it', async () => {
	let answer: ((event: MessageEvent<FromJudge>) => void) | undefined;
	const asked: ToJudge[] = [];
	let ended = false;
	const worker: JudgeWorker = {
		postMessage: (message) => asked.push(message),
		addEventListener: (_, listener) => (answer = listener),
		terminate: () => (ended = true)
	};
	const judging = new Judging(worker);
	const first = judging.judge([{ password: 'a', context: [] }]);
	let late = false;
	void judging.judge([{ password: 'b', context: [] }]).then(() => (late = true));
	const judged = [{ strength: { score: 0 as const, guessesLog10: 1 }, mark: 'x' }];
	answer!({ data: { call: asked[0]!.call, judged } } as MessageEvent<FromJudge>);
	expect(await first).toEqual(judged);
	judging.end();
	answer!({ data: { call: asked[1]!.call, judged } } as MessageEvent<FromJudge>);
	await Promise.resolve();
	expect(ended).toBe(true);
	expect(late).toBe(false);
});
