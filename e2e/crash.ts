// `npm run crash -- --rounds N [--seed S]`: kills a real browser with SIGKILL in mid-write, again and again, on one
// profile. After each kill the database must open, hold every write that was acknowledged, exactly once, and no half
// of any transaction. The acknowledgements are told to this process as they happen, so the kill cannot take them along.
// Last line: `N passed, N failed`.
import { Device } from './device.ts';
import { Suite } from './suite.ts';
import { buildLab } from './lab/build.ts';
import { buildIfChanged } from '../tools/build.ts';
import { readOptions } from '../tools/project.ts';

const { values } = readOptions(process.argv.slice(2));
const rounds = Number(values.get('rounds') ?? 20);
const seed = Number(values.get('seed') ?? 1);

/** mulberry32: when to pull the plug must be the same for the same seed. */
function seeded(state: number): () => number {
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

await buildIfChanged();
const built = await buildLab();
const suite = await Suite.start({ dist: built.dist });
const device = new Device('crash', suite, {});
const random = seeded(seed);
/** Rows of each acknowledged transaction: round, number, how many rows it wrote. */
const acknowledged = new Map<string, number>();
let passed = 0;
let failed = 0;

async function openLab() {
	await device.switchOn();
	const page = await device.open('/lab/');
	await page.waitForFunction(() => document.querySelector('#state')?.textContent?.startsWith('ready'), null, {
		timeout: 60_000
	});
	return page;
}

/** What is wrong with the database, in words; nothing when all is well. */
async function wrongs(page: Awaited<ReturnType<typeof openLab>>): Promise<string[]> {
	const rows = await page.evaluate(() =>
		lab.platform.exec<{ key: string; n: number }>(
			'SELECT label AS key, count(*) AS n FROM entries WHERE scope_id = ? GROUP BY label',
			[lab.scope]
		)
	);
	const found = new Map(rows.map(({ key, n }) => [key, n]));
	const problems: string[] = [];
	for (const [key, size] of acknowledged)
		if (found.get(key) !== size) problems.push(`acknowledged ${key}: ${size} rows, found ${found.get(key) ?? 0}`);
	for (const [key, n] of found) {
		const size = Number(key.split('/')[2]);
		if (n !== size) problems.push(`torn transaction ${key}: ${n} of ${size} rows`);
	}
	return problems;
}

try {
	for (let round = 1; round <= rounds; round++) {
		const page = await openLab();
		const problems = await wrongs(page);
		await page.exposeFunction('acknowledge', (key: string, size: number) => {
			acknowledged.set(key, size);
		});
		await page.evaluate((round) => {
			const write = async () => {
				for (let n = 0; ; n++) {
					const size = 1 + ((n * 7919) % 40);
					const key = `${round}/${n}/${size}`;
					await lab.platform.transaction(async (tx) => {
						for (let i = 0; i < size; i++)
							await tx.exec('INSERT INTO entries (id, scope_id, value, label) VALUES (?, ?, ?, ?)', [
								lab.platform.id(),
								lab.scope,
								i,
								key
							]);
					});
					await (globalThis as unknown as { acknowledge(key: string, size: number): Promise<void> }).acknowledge(
						key,
						size
					);
				}
			};
			void write();
		}, round);
		const before = acknowledged.size;
		const target = before + 3 + Math.floor(random() * 40);
		while (acknowledged.size < target) await new Promise((done) => setTimeout(done, 5));
		await new Promise((done) => setTimeout(done, random() * 30));
		await device.pullThePlug();
		if (problems.length === 0) passed++;
		else {
			failed++;
			console.log(`round ${round}: ${problems.slice(0, 5).join('; ')}`);
		}
	}
	// The last kill is judged too.
	const problems = await wrongs(await openLab());
	if (problems.length > 0) {
		failed++;
		passed--;
		console.log(`after the last round: ${problems.slice(0, 5).join('; ')}`);
	}
	console.log(`${acknowledged.size} transactions were acknowledged over ${rounds} kills (seed ${seed}).`);
} finally {
	await device.discard();
	await suite.close();
	built.remove();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
