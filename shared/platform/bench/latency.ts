/// <reference path="../../../e2e/lab/lab.ts" />
// Keystroke in one browser to live diff in the other: two real Chromium with a profile each, paired as two devices of
// one person, and the real home node between them. Both browsers run on this machine, so their clocks agree.
//
//   keystroke -> text      the handle's observer in the other browser sees the letters
//   keystroke -> live diff a live query that reads the column calls back with them
import { buildLab } from '../../../e2e/lab/build.ts';
import { Device } from '../../../e2e/device.ts';
import { Suite } from '../../../e2e/suite.ts';
import { buildIfChanged } from '../../../tools/build.ts';
import { arch, cpus, platform as system } from 'node:os';

const KEYS = 200;

const percentile = (values: number[], p: number): number =>
	[...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * p) / 100))]!;
const rounded = (value: number): number => Math.round(value * 10) / 10;

await buildIfChanged();
const built = await buildLab();
const suite = await Suite.start({ dist: built.dist });
const devices = [new Device('one', suite, {}), new Device('two', suite, {})];
try {
	const [one, two] = await Promise.all(
		devices.map(async (device) => {
			await device.switchOn();
			const page = await device.open('/lab/');
			await page.waitForFunction(() => document.querySelector('#state')?.textContent?.startsWith('ready'));
			return page;
		})
	);
	if (one === undefined || two === undefined) throw new Error('Two browsers were to start.');

	const offer = await one.evaluate(() => lab.platform.peers.offerPairing());
	await one.evaluate(() => {
		lab.platform.peers.requests((requests) => {
			for (const { id } of requests) void lab.platform.peers.accept(id);
		});
	});
	await two.evaluate(async (code) => {
		const attempt = await lab.platform.peers.enterPairing(code, 'two');
		const outcome = await attempt.outcome;
		if (!outcome.ok) throw new Error(outcome.reason);
	}, offer.code);
	// Another identity from here on: the page starts afresh.
	await two.reload();
	await two.waitForFunction(() => document.querySelector('#state')?.textContent?.startsWith('ready'));

	const id = await one.evaluate(async () => {
		const id = lab.platform.id();
		await lab.platform.exec('INSERT INTO entries (id, scope_id, value) VALUES (?, ?, 0)', [id, lab.scope]);
		lab.texts.set('it', await lab.platform.text('entries', lab.scope, id, 'body'));
		return id;
	});
	await two.evaluate(async (id) => {
		const arrived = Promise.withResolvers<void>();
		const stop = await lab.platform.live(
			'arrival',
			'SELECT 1 FROM entries WHERE scope_id = ? AND id = ?',
			[lab.scope, id],
			(rows) => rows.length === 1 && arrived.resolve()
		);
		await arrived.promise;
		stop();
	}, id);
	await two.evaluate(async (id) => {
		const now = () => performance.timeOrigin + performance.now();
		const seen = { text: [] as [number, number][], live: [] as [number, number][] };
		lab.notes.seen = seen;
		const text = await lab.platform.text('entries', lab.scope, id, 'body');
		lab.texts.set('it', text);
		text.observe(() => seen.text.push([text.text.length, now()]));
		await lab.platform.live(
			'latency',
			'SELECT id, length(body) AS letters FROM entries WHERE scope_id = ? AND id = ?',
			[lab.scope, id],
			(rows) => seen.live.push([Number(rows[0]?.letters ?? 0), now()])
		);
	}, id);

	const typed = await one.evaluate(async (keys) => {
		const text = lab.texts.get('it')!;
		const typed: number[] = [];
		for (let n = 0; n < keys; n++) {
			typed.push(performance.timeOrigin + performance.now());
			void text.edit([[n, n, 'abcdefghij'[n % 10]!]], text.version);
			// A fast typist: ten keys a second, with the unevenness of a hand.
			await new Promise((done) => setTimeout(done, 60 + ((n * 37) % 80)));
		}
		await text.saved();
		return typed;
	}, KEYS);
	await two.waitForFunction(
		(keys) => (lab.notes.seen as { live: [number, number][] }).live.at(-1)?.[0] === keys,
		KEYS,
		{ timeout: 30_000 }
	);
	const seen = await two.evaluate(() => lab.notes.seen as { text: [number, number][]; live: [number, number][] });
	const delays = (events: [number, number][]): number[] =>
		typed.map((at, index) => events.find(([letters]) => letters > index)![1] - at);
	const text = delays(seen.text);
	const live = delays(seen.live);

	const rows = [
		['keystroke -> text', text],
		['keystroke -> live diff', live]
	] as const;
	console.log('\nmilliseconds, through the home node     p50      p95      max');
	for (const [name, values] of rows)
		console.log(
			name.padEnd(36) + [50, 95, 100].map((p) => rounded(percentile(values, p)).toFixed(1).padStart(9)).join('')
		);
	const results = {
		text_p50_ms: rounded(percentile(text, 50)),
		text_p95_ms: rounded(percentile(text, 95)),
		live_p50_ms: rounded(percentile(live, 50)),
		live_p95_ms: rounded(percentile(live, 95))
	};
	const goals = { live_p50_ms: ['<=', 40] as const };
	const missed = results.live_p50_ms <= 40 ? [] : ['live_p50_ms'];
	const machine = `${system()} ${arch()}, ${cpus().length} cores`;
	console.log(JSON.stringify({ name: 'latency', machine, results, goals, missed }));
} finally {
	for (const device of devices) await device.discard();
	await suite.close();
	built.remove();
}
