import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../crypto/bytes.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { personAgreementKey, personalScope } from './account-key.ts';
import { readGenesis, rootFromWords } from './root.ts';
import { checkWords, createWords, seedOfWords, type WordsProblem } from './words.ts';

beforeAll(() => cryptoReady());

const RIGHT = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

function problemOf(text: string): WordsProblem {
	const result = checkWords(text);
	if (result.ok) throw new Error('The words were accepted');
	return result;
}

describe('the 12 words [I-1]', () => {
	test.each([
		[
			'00'.repeat(16),
			`${'abandon '.repeat(11)}about`,
			'5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc19a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4'
		],
		[
			'ff'.repeat(16),
			`${'zoo '.repeat(11)}wrong`,
			'b6a6d8921942dd9806607ebc2750416b289adea669198769f2e15ed926c3aa92bf88ece232317b4ea463e84b0fcd3b53577812ee449ccc448eb45e6f544e25b6'
		]
	])('the BIP39 vector of %s', (entropy, words, seed) => {
		expect(createWords(Uint8Array.from(Buffer.from(entropy, 'hex'))).join(' ')).toBe(words);
		expect(toHex(seedOfWords(words.split(' ')))).toBe(seed);
	});

	test('words that were made are accepted, however they are pasted', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (entropy) => {
				const words = createWords(entropy);
				expect(checkWords(words.join(' '))).toEqual({ ok: true, words });
				expect(checkWords(words.join('\n').toUpperCase())).toEqual({ ok: true, words });
				expect(checkWords(words.map((word, i) => `${i + 1}. ${word}`).join(', '))).toEqual({ ok: true, words });
				expect(checkWords(words.map((word) => word.slice(0, 4)).join('  '))).toEqual({ ok: true, words });
			})
		);
	});

	test('a misspelt word is named by its place, with the word it may have been', () => {
		expect(problemOf(RIGHT.replace('sausage', 'sasuage'))).toMatchObject({
			index: 5,
			word: 'sasuage',
			suggestions: ['sausage']
		});
		expect(problemOf(RIGHT.replace('winner', 'wimner'))).toMatchObject({ index: 1, word: 'wimner' });
		expect(problemOf(RIGHT.replace('winner', 'wimner')).suggestions![0]).toBe('winner');
		expect(problemOf(RIGHT.replace('yellow', 'yelow')).suggestions![0]).toBe('yellow');
		expect(problemOf(RIGHT.replace('useful', 'xqzzzk'))).toMatchObject({ index: 7, suggestions: [] });
		expect(problemOf(RIGHT.replace('useful', 'xqzzzk')).reason).toBe('Word 8 is not in the list.');
	});

	test('any one letter wrong in any one word is found, and the right word is among the suggestions', () => {
		const words = RIGHT.split(' ');
		fc.assert(
			fc.property(fc.nat(11), fc.nat(20), fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), (index, place, letter) => {
				const word = words[index]!;
				const at = place % word.length;
				const typed = word.slice(0, at) + letter + word.slice(at + 1);
				const result = checkWords(words.with(index, typed).join(' '));
				if (typed === word || result.ok || result.index === undefined) return;
				expect(result.index).toBe(index);
				expect(result.suggestions).toContain(word);
			})
		);
	});

	test('too few, too many and no words are counted', () => {
		expect(problemOf('legal winner').reason).toBe('These are 2 words; there must be 12.');
		expect(problemOf('legal').reason).toBe('This is 1 word; there must be 12.');
		expect(problemOf('').reason).toBe('These are 0 words; there must be 12.');
		expect(problemOf(`${RIGHT} legal`).reason).toContain('13 words');
	});

	test('words in another order, or another word of the list, fail the checksum and say so', () => {
		expect(problemOf(RIGHT.replace('legal winner', 'winner legal')).reason).toContain('order');
		expect(problemOf(RIGHT.replace('yellow', 'zebra')).index).toBeUndefined();
	});
});

describe('what follows from the words [I-2]', () => {
	test('the same words give the same identity and keys, on any device', () => {
		const words = RIGHT.split(' ');
		const root = rootFromWords(words);
		expect(rootFromWords(words)).toEqual(root);
		// Fixed for ever: a change here would make every person somebody else.
		expect(toHex(root.identity)).toBe('4540c9606ef96231a70ea7ed057e79db1f06ba955a22d1bbd8d122cf09b3b1ac');
		expect(toHex(root.accountKey)).toBe('e34e98787afe18724f12e94de072a14841bcad8b9dc80ecfa25fe1a161a034b6');
		expect(toHex(root.wrapKey)).toBe('dd388bbfcd584c831b34d171cb2a42d8e25d2c80addf67d1e909b508c55cb1df');
		expect(toHex(personAgreementKey(root.accountKey).publicKey)).toBe(
			'7e320daabb3d0484e82bda8fc3ca5308c688f9bf2723d3dc3096258315b59e5d'
		);
		expect(toHex(personalScope(root.identity, root.accountKey, 'notes').id)).toBe(
			'c63afa40d569d52b8fe609470fe290677b9ae20f9bddb687acbcef50fe5f0d17'
		);
		expect(toHex(personalScope(root.identity, root.accountKey, 'notes').epochKey)).toBe(
			'7c8175719301a0518a27dd1f6af9e4dae4ae46c9f2e3747de7076236a214db25'
		);
	});

	test('genesis says the identity and the root keys, and nothing else', () => {
		const root = rootFromWords(RIGHT.split(' '));
		expect(readGenesis(root.genesis)).toEqual({
			identity: root.identity,
			rootSign: root.sign.publicKey,
			rootAgreement: root.agreement.publicKey
		});
	});

	test('other words share nothing', () => {
		const [a, b] = [rootFromWords(createWords()), rootFromWords(createWords())];
		expect(toHex(a.identity)).not.toBe(toHex(b.identity));
		expect(toHex(a.accountKey)).not.toBe(toHex(b.accountKey));
	});

	test('no two keys of one person are equal, and each app has a scope of its own', () => {
		const root = rootFromWords(RIGHT.split(' '));
		const scopes = ['notes', 'health', 'account'].flatMap((app) =>
			Object.values(personalScope(root.identity, root.accountKey, app))
		);
		const keys = [
			root.identity,
			root.sign.publicKey,
			root.agreement.publicKey,
			root.wrapKey,
			root.accountKey,
			...scopes
		];
		expect(new Set(keys.map(toHex)).size).toBe(keys.length);
	});
});
