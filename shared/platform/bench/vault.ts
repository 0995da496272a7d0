// npm run bench -- vault [--items N]
//
// A vault of 10,000 logins (user name, password, an address; every third with notes, every fifth with a one-time code, 50
// folders, tags), with the code of Passwords: its schema, its import worker, its queries, its search. In Node over files, the
// engine in the same process:
//
//   import    a KDBX of 10,000 entries is read in a worker thread, handed over in parts, stored in one transaction
//   list      from the vault's key to a list that can be searched: the database is opened, the live queries of the list
//             arrive, the index is filled. Measured as a whole unlock by passphrase, less the time of Argon2 alone
//   search    a key pressed, over all items, to the first 200 lines; the slowest of many
//   heap      what JavaScript holds for list and search after collecting garbage (the engine's own memory is wasm)
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { importItems } from '../../../apps/passwords/src/lib/data/importing.ts';
import { allAddresses, allItems, allTags, type TagLine } from '../../../apps/passwords/src/lib/data/items.ts';
import type { Query } from '../../../apps/passwords/src/lib/data/query.ts';
import type { ItemLine } from '../../../apps/passwords/src/lib/domain/item.ts';
import type { PortableItem } from '../../../apps/passwords/src/lib/domain/portable.ts';
import { SearchIndex, type AddressLine } from '../../../apps/passwords/src/lib/domain/search.ts';
import { writeKdbx } from '../../../apps/passwords/src/lib/export/kdbx.ts';
import { Importing, type ImportWorker } from '../../../apps/passwords/src/lib/import/importing.ts';
import { cryptoReady } from '../src/crypto/index.ts';
import { passphraseKey, usualParameters } from '../src/identity/passphrase.ts';
import { openLocal, openSuite, type Platform } from '../src/worker/node.ts';
import { describeMachine } from './lib/browser.ts';
import { median, resultLine, rounded, table, type Goal } from './lib/report.ts';
import { BENCH_PASSWORD, logins, NOW } from './lib/vault-items.ts';

const itemsAt = process.argv.indexOf('--items');
const ITEMS = itemsAt > 0 ? Number(process.argv[itemsAt + 1]) : 10_000;

const results: Record<string, number> = {};
const goals: Record<string, Goal> = {
	import_ms: ['<=', 6000],
	list_ms: ['<=', 700],
	search_key_ms: ['<=', 30],
	heap_mb: ['<=', 120]
};

/** Wall time, and beside it the processor's: what counts on a machine that does other things too. */
async function timed<T>(key: string, work: () => Promise<T>): Promise<T> {
	const start = performance.now();
	const before = process.cpuUsage();
	const value = await work();
	const { user, system } = process.cpuUsage(before);
	results[`${key}_ms`] = rounded(performance.now() - start);
	results[`${key}_cpu_ms`] = rounded((user + system) / 1000);
	return value;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
function heapMb(): number {
	collectGarbage();
	return process.memoryUsage().heapUsed / 1e6;
}

/** A worker thread, with the few words of a page's Worker. */
function importWorker(): ImportWorker {
	const worker = new Worker(new URL('./lib/vault-import-worker.ts', import.meta.url));
	return {
		postMessage: (message) => worker.postMessage(message),
		addEventListener: (type: string, listener: (event: never) => void) =>
			void worker.on(type, (data: unknown) => listener({ data } as never)),
		terminate: () => void worker.terminate()
	};
}

/** All rows of a live query, when they are first told. */
function firstRows<R extends object>(platform: Platform, { name, sql, params }: Query<R>): Promise<R[]> {
	return new Promise((resolve, reject) => {
		platform.live<R>(name, sql, params, (rows) => resolve(rows)).catch(reject);
	});
}

const dir = mkdtempSync(join(tmpdir(), 'slf-bench-'));
const schema = readFileSync(new URL('../../../apps/passwords/src/lib/schema.sql', import.meta.url), 'utf8');
const PASSPHRASE = 'correct horse battery staple lantern';
const open = () => openLocal(openSuite(dir), 'passwords', schema, { vault: true });
await cryptoReady();
try {
	const bytes = await writeKdbx(logins(ITEMS), { password: BENCH_PASSWORD }, 'bench', NOW);
	const platform = await open();
	await platform.vault.create({ passphrase: PASSPHRASE });
	const scope = await platform.scopes.personal();
	const delay = monitorEventLoopDelay({ resolution: 5 });
	await timed('import', async () => {
		const importing = new Importing(importWorker());
		const items: PortableItem[] = [];
		delay.enable();
		await timed('import_read', async () => {
			await importing.inspect({ name: 'bench.kdbx', bytes });
			const read = await importing.read({ password: BENCH_PASSWORD });
			if (!read.ok) throw new Error(`the file was not read: ${read.failure.reason}`);
			for await (const some of importing.items()) items.push(...some);
		});
		delay.disable();
		importing.end();
		const stored = await timed('import_store', () =>
			importItems(platform, { scope, folder: null }, items, new Map(), NOW)
		);
		if (stored.length !== ITEMS) throw new Error(`${stored.length} of ${ITEMS} items came`);
	});
	results['import_blocks_page_ms'] = rounded(delay.max / 1e6);
	await platform.close();

	const again = await open();
	await timed('argon2', () =>
		passphraseKey(
			new TextEncoder().encode(PASSPHRASE),
			usualParameters((length) => new Uint8Array(length))
		)
	);
	const before = heapMb();
	const index = new SearchIndex();
	await timed('unlock', async () => {
		const answer = await again.vault.unlock({ passphrase: PASSPHRASE });
		if (!answer.ok) throw new Error(answer.code);
		const [lines, addresses, tags] = await Promise.all([
			firstRows<ItemLine>(again, allItems()),
			firstRows<AddressLine>(again, allAddresses()),
			firstRows<TagLine>(again, allTags())
		]);
		index.fill(lines, { addresses, tags, folders: new Map(), personal: scope });
		if (index.find('').length !== ITEMS) throw new Error('the list is not whole');
	});
	results['list_ms'] = rounded(results['unlock_ms']! - results['argon2_ms']!);

	const keys: number[] = [];
	for (const query of ['kaka', 'mailbank', 'tö', 'example', 'shop post', 'zuber 77', '#ka', '-o ka']) {
		for (let length = 1; length <= query.length; length++) {
			const start = performance.now();
			index.find(query.slice(0, length), 200);
			keys.push(performance.now() - start);
		}
	}
	results['search_key_ms'] = rounded(Math.max(...keys));
	results['search_key_median_ms'] = rounded(median(keys));
	results['heap_mb'] = rounded(heapMb() - before);
	await again.close();
} finally {
	rmSync(dir, { recursive: true });
}

console.log(table([['Node', 'result'], ...Object.entries(results).map(([key, value]) => [key, String(value)])]));
console.log(resultLine('vault', { ...describeMachine(), items: ITEMS }, results, goals));
