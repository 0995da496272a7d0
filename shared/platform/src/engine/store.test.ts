import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { cryptoReady, equalBytes } from '../crypto/index.ts';
import { openDatabase } from './open.ts';
import type { Database } from './sqlite.ts';
import { MemoryDisk, PowerLoss } from './storage/memory.ts';
import type { StoreKey, StoreOptions } from './store.ts';
import { Store } from './store.ts';
import { StoreError } from './store-error.ts';

beforeAll(() => cryptoReady());

/** A wrap that is the key XORed with a constant: these tests are about pages, not about account keys. */
function testKey(secret: number, generation = 1): StoreKey {
	const mask = (bytes: Uint8Array) => bytes.map((byte) => byte ^ secret);
	return {
		wrap: (databaseKey) => ({ wrap: Uint8Array.of(secret, ...mask(databaseKey)), generation }),
		unwrap(wrap, wrapGeneration) {
			if (wrap[0] !== secret || wrapGeneration !== generation) throw new Error('wrong account key');
			return mask(wrap.slice(1));
		}
	};
}
const KEY = testKey(0x5a);

async function open(disk: MemoryDisk, options: StoreOptions = {}, key = KEY): Promise<{ db: Database; store: Store }> {
	const store = Store.open(disk.files('db'), key, { name: 'notes', ...options });
	return { db: await openDatabase({ store }), store };
}

async function filled(rows = 500): Promise<MemoryDisk> {
	const disk = new MemoryDisk();
	const { db } = await open(disk);
	db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY NOT NULL, body TEXT)');
	db.transaction(() => {
		for (let row = 0; row < rows; row++) db.run('INSERT INTO t VALUES (?, ?)', [row, 'body '.repeat(20)]);
	});
	db.close();
	return disk;
}

function caught(fn: () => unknown): StoreError {
	try {
		fn();
	} catch (error) {
		expect(error).toBeInstanceOf(StoreError);
		return error as StoreError;
	}
	throw new Error('nothing was thrown');
}

/** A generator that a seed repeats. */
function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

test('what was written is there after closing and opening, from main and from the log [S-1]', async () => {
	const disk = await filled();
	for (let life = 0; life < 3; life++) {
		const { db, store } = await open(disk);
		expect(db.value('SELECT count(*) FROM t')).toBe(500 + life);
		db.run('INSERT INTO t VALUES (?, ?)', [1000 + life, 'x']);
		if (life === 1) store.abandon();
		else db.close();
	}
	const { db } = await open(disk);
	expect(db.value('SELECT count(*) FROM t')).toBe(503);
	expect(db.value('PRAGMA integrity_check')).toBe('ok');
	db.close();
});

test('a commit costs one flush [S-2]', async () => {
	const disk = await filled();
	const { db, store } = await open(disk);
	db.run('UPDATE t SET body = ? WHERE id = 1', ['warm']);
	const before = { ...store.stats };
	for (let i = 0; i < 50; i++) db.run('UPDATE t SET body = ? WHERE id = ?', [`v${i}`, i]);
	expect(store.stats.flushes - before.flushes).toBe(50);
	expect(store.stats.commits - before.commits).toBe(50);
	db.close();
});

// Power losses: after every one the database is whole, holds each acknowledged transaction and no half of another.
async function powerLossHistory(seed: number, synchronous: 'NORMAL' | 'OFF'): Promise<void> {
	const random = seeded(seed);
	const pick = (below: number) => Math.floor(random() * below);
	let disk = new MemoryDisk({ random });
	let acknowledged = -1;
	for (let life = 0; life < 4; life++) {
		let opened: { db: Database; store: Store } | undefined;
		// In a life of its own, power may go while the database is made.
		if (life > 0 || pick(2)) disk.powerOffAfter(5 + pick(life === 0 ? 12 : 60));
		try {
			opened = await open(disk, { checkpointBytes: 100_000 + pick(200_000) });
			const { db } = opened;
			db.exec(`PRAGMA synchronous=${synchronous}; PRAGMA cache_size=${seed % 2 ? 20 : -16000}`);
			if (db.value(`SELECT count(*) FROM sqlite_master WHERE name = 'u'`) === 0) {
				expect(acknowledged).toBe(-1);
				db.transaction(() => {
					db.exec(`CREATE TABLE IF NOT EXISTS t(id TEXT PRIMARY KEY NOT NULL, tx INTEGER, k INTEGER, body TEXT);
						SELECT crsql_as_crr('t'); CREATE TABLE u(v INTEGER); INSERT INTO u VALUES (0)`);
				});
				if (synchronous === 'NORMAL') acknowledged = 0;
			}
			expect(db.value('PRAGMA integrity_check')).toBe('ok');
			const last = Number(db.value('SELECT v FROM u'));
			expect(last).toBeGreaterThanOrEqual(synchronous === 'NORMAL' ? acknowledged : 0);
			expect(db.value('SELECT count(DISTINCT tx) FROM t')).toBe(last);
			const torn = 'SELECT count(*) FROM (SELECT count(*) c, max(k) m FROM t GROUP BY tx HAVING c <> m)';
			expect(db.value(torn)).toBe(0);
			for (let tx = last + 1; tx <= last + 25; tx++) {
				const rows = 1 + pick(tx % 9 === 8 ? 400 : 12);
				db.transaction(() => {
					for (let k = 1; k <= rows; k++)
						db.run('INSERT INTO t VALUES (?, ?, ?, ?)', [`${tx}-${k}`, tx, k, 'b'.repeat(40 + (k % 200))]);
					db.run('UPDATE u SET v = ?', [tx]);
				});
				if (synchronous === 'NORMAL') acknowledged = tx;
				if (pick(8) === 0) opened.store.checkpoint();
				if (pick(8) === 0)
					expect(() =>
						db.transaction(() => {
							db.run('DELETE FROM t');
							throw new Error('taken back');
						})
					).toThrow('taken back');
			}
			disk.powerOffAfter(0);
		} catch (error) {
			if (!disk.powerIsOff) throw error;
		}
		const survived = disk.afterPowerLoss();
		try {
			opened?.db.close();
		} catch (error) {
			expect(error).toSatisfy((e) => e instanceof StoreError || e instanceof PowerLoss);
		}
		disk = survived;
	}
}

test('no power loss breaks the database or loses an acknowledged transaction [S-3]', async () => {
	await fc.assert(
		fc.asyncProperty(fc.nat(), (seed) => powerLossHistory(seed, 'NORMAL')),
		{ numRuns: 40 }
	);
}, 120_000);

test('with synchronous=OFF a power loss may take the last transactions, never a part of one [S-3]', async () => {
	await fc.assert(
		fc.asyncProperty(fc.nat(), (seed) => powerLossHistory(seed, 'OFF')),
		{ numRuns: 20 }
	);
}, 120_000);

test('a full disk fails the write, wherever it strikes; all stays readable and later writes work [S-4]', async () => {
	await fc.assert(
		fc.asyncProperty(fc.nat(200_000), fc.boolean(), async (room, inTransaction) => {
			const disk = await filled(100);
			const { db } = await open(disk, { checkpointBytes: 50_000 });
			disk.quota = disk.size + room;
			let stored = 100;
			let refused = 0;
			for (let row = 1000; row < 1030; row++) {
				const insert = () => db.run('INSERT INTO t VALUES (?, ?)', [row, 'z'.repeat(3000)]);
				try {
					if (inTransaction) db.transaction(insert);
					else insert();
					stored++;
				} catch (error) {
					expect(error).toMatchObject({ code: 'QUOTA', database: 'notes' });
					refused++;
				}
				expect(db.inTransaction).toBe(false);
				expect(db.value('SELECT count(*) FROM t')).toBe(stored);
			}
			if (room < 50_000) expect(refused).toBeGreaterThan(0);
			disk.quota = Infinity;
			db.run('INSERT INTO t VALUES (5000, ?)', ['after']);
			expect(db.value('PRAGMA integrity_check')).toBe('ok');
			db.close();
			const again = await open(disk);
			expect(again.db.value('SELECT count(*) FROM t')).toBe(stored + 1);
			expect(again.db.value('PRAGMA integrity_check')).toBe('ok');
			again.db.close();
		}),
		{ numRuns: 40 }
	);
}, 60_000);

test('a wrong key opens nothing and changes nothing [S-5]', async () => {
	const disk = await filled();
	const before = [disk.file('db').bytes(), disk.file('db.log').bytes()];
	const error = caught(() => Store.open(disk.files('db'), testKey(0x11), { name: 'notes' }));
	expect(error).toMatchObject({ code: 'WRONG_KEY', database: 'notes' });
	expect([disk.file('db').bytes(), disk.file('db.log').bytes()]).toEqual(before);
});

const SLOT = 4096 + 40;
test.each<[string, string, (main: Uint8Array, log: Uint8Array) => void | { main?: Uint8Array; log?: Uint8Array }]>([
	['both header copies altered', 'DAMAGED', (main) => void ((main[20]! ^= 1), (main[2068]! ^= 1))],
	['main zeroed', 'DAMAGED', (main) => void main.fill(0)],
	['main cut in the middle', 'TRUNCATED', (main) => ({ main: main.slice(0, 4096 + 5 * SLOT + 7) })],
	['main cut within its header', 'TRUNCATED', (main) => ({ main: main.slice(0, 100) })],
	['main empty', 'TRUNCATED', () => ({ main: new Uint8Array(0) })],
	['log empty', 'TRUNCATED', () => ({ log: new Uint8Array(0) })],
	['both log headers altered', 'DAMAGED', (_, log) => void ((log[9]! ^= 1), (log[4105]! ^= 1))],
	['first page altered', 'DAMAGED', (main) => void (main[4096 + 100]! ^= 1)]
])('%s: refused with %s, nothing written [S-5]', async (_name, code, tamper) => {
	const disk = await filled();
	const [main, log] = [disk.file('db').bytes(), disk.file('db.log').bytes()];
	const result = tamper(main, log);
	disk.file('db').set(result?.main ?? main);
	disk.file('db.log').set(result?.log ?? log);
	const before = [disk.file('db').bytes(), disk.file('db.log').bytes()];
	await expect(open(disk)).rejects.toMatchObject({ code, database: 'notes' });
	expect([disk.file('db').bytes(), disk.file('db.log').bytes()]).toEqual(before);
});

test('one altered copy of either header is survived [S-6]', async () => {
	for (const [file, at] of [
		['db', 20],
		['db', 2068],
		['db.log', 9],
		['db.log', 4105]
	] as const) {
		const disk = await filled();
		const bytes = disk.file(file).bytes();
		bytes[at]! ^= 1;
		disk.file(file).set(bytes);
		const { db } = await open(disk);
		expect(db.value('SELECT count(*) FROM t')).toBe(500);
		db.close();
	}
});

test('an altered, moved or exchanged page is an error that names the database, not data [S-5]', async () => {
	const changes: ((main: Uint8Array) => void)[] = [
		(main) => void (main[4096 + 9 * SLOT + 100]! ^= 1),
		(main) => void main.copyWithin(4096 + 9 * SLOT, 4096 + 10 * SLOT, 4096 + 11 * SLOT)
	];
	for (const change of changes) {
		const disk = await filled();
		const main = disk.file('db').bytes();
		change(main);
		disk.file('db').set(main);
		const { db } = await open(disk);
		expect(caught(() => db.all('SELECT * FROM t'))).toMatchObject({ code: 'DAMAGED', database: 'notes' });
		db.close();
	}
});

test('a page of another database with the same key holder does not open [S-5]', async () => {
	const [one, other] = [await filled(), await filled()];
	const main = one.file('db').bytes();
	main.set(
		other
			.file('db')
			.bytes()
			.subarray(4096 + 9 * SLOT, 4096 + 10 * SLOT),
		4096 + 9 * SLOT
	);
	one.file('db').set(main);
	const { db } = await open(one);
	expect(caught(() => db.all('SELECT * FROM t')).code).toBe('DAMAGED');
	db.close();
});

test('a flipped bit in an acknowledged record is damage, in a torn last one it is not [S-7]', async () => {
	const disk = await filled();
	const { db, store } = await open(disk);
	const ends: number[] = [];
	for (let i = 0; i < 4; i++) {
		db.run('UPDATE t SET body = ? WHERE id = ?', [`new ${i}`, i]);
		ends.push(disk.file('db.log').getSize());
	}
	const crashed = disk.copy();
	store.abandon();
	const flip = async (at: number) => {
		const copy = crashed.copy();
		const log = copy.file('db.log').bytes();
		log[at]! ^= 1;
		copy.file('db.log').set(log);
		return open(copy);
	};
	// In the page, in the head and in the MAC of the second record.
	for (const at of [ends[0]! + 500, ends[0]! + 1, ends[1]! - 5])
		await expect(flip(at)).rejects.toMatchObject({ code: 'DAMAGED' });
	const { db: torn } = await flip(ends[3]! - 5);
	expect(torn.value('SELECT body FROM t WHERE id = 2')).toBe('new 2');
	expect(torn.value('SELECT body FROM t WHERE id = 3')).not.toBe('new 3');
	torn.close();
});

test('the files hold no plaintext, and the scan finds it where there is some [S-8]', async () => {
	const secret = 'canary of the harbour 7313';
	const contains = (bytes: Uint8Array, text: string) => Buffer.from(bytes).includes(text);
	const disk = new MemoryDisk();
	const { db, store } = await open(disk);
	db.exec('CREATE TABLE t(a); CREATE VIRTUAL TABLE f USING fts5(a)');
	for (let i = 0; i < 200; i++) db.run('INSERT INTO t VALUES (?)', [secret + i]);
	db.exec('INSERT INTO f SELECT a FROM t');
	const plainPages = new Uint8Array(store.fileSize());
	store.read(plainPages, 0);
	expect(contains(plainPages, secret)).toBe(true);
	expect(contains(plainPages, 'SQLite format')).toBe(true);
	const check = (from: MemoryDisk) => {
		for (const file of ['db', 'db.log'])
			for (const text of [secret, 'canary', 'SQLite format', 'CREATE TABLE'])
				expect(contains(from.file(file).bytes(), text)).toBe(false);
	};
	check(disk);
	db.close();
	check(disk);
});

test('the same page written twice looks different each time [S-8]', async () => {
	const disk = await filled();
	const before = disk.file('db').bytes();
	const { db } = await open(disk);
	const plain = db.value('SELECT group_concat(body) FROM t');
	for (const body of ['other ', 'body ']) db.run('UPDATE t SET body = ?', [body.repeat(20)]);
	expect(db.value('SELECT group_concat(body) FROM t')).toBe(plain);
	db.close();
	const after = disk.file('db').bytes();
	const slot = (main: Uint8Array, page: number) => main.subarray(4096 + page * SLOT, 4096 + (page + 1) * SLOT);
	let changed = 0;
	for (let page = 0; page < 30; page++) if (!equalBytes(slot(before, page), slot(after, page))) changed++;
	expect(changed).toBeGreaterThan(10);
});

test('the wrap is changed without touching a page, and the old key opens nothing any more [S-9]', async () => {
	const disk = await filled();
	const pages = disk.file('db').bytes().subarray(4096);
	const next = testKey(0x77, 2);
	const { db, store } = await open(disk);
	store.rewrap(next);
	expect(store.keyGeneration).toBe(2);
	db.close();
	expect(disk.file('db').bytes().subarray(4096)).toEqual(pages);
	expect(caught(() => Store.open(disk.files('db'), KEY)).code).toBe('WRONG_KEY');
	const again = await open(disk, {}, next);
	expect(again.db.value('SELECT count(*) FROM t')).toBe(500);
	again.db.close();
});

test('a power loss while the wrap is changed leaves one that opens [S-9]', async () => {
	for (let seed = 0; seed < 40; seed++) {
		const disk = (await filled(10)).copy();
		const crashing = new MemoryDisk({ random: seeded(seed) });
		for (const name of ['db', 'db.log']) crashing.file(name).set(disk.file(name).bytes());
		const store = Store.open(crashing.files('db'), KEY);
		crashing.powerOffAfter(1 + (seed % 4));
		const next = testKey(0x77, 2);
		let done = true;
		try {
			store.rewrap(next);
		} catch {
			done = false;
		}
		const after = crashing.afterPowerLoss();
		const opens = (key: StoreKey) => {
			try {
				Store.open(after.copy().files('db'), key).abandon();
				return true;
			} catch {
				return false;
			}
		};
		expect(opens(next) || (!done && opens(KEY))).toBe(true);
	}
});

test('an older wrap left by a power loss is gone after the next change of the wrap', async () => {
	const disk = await filled(10);
	const store = Store.open(disk.files('db'), KEY);
	store.rewrap(testKey(0x77, 2));
	store.close();
	const main = disk.file('db').bytes();
	expect(equalBytes(main.subarray(0, 992), main.subarray(2048, 2048 + 992))).toBe(true);
});

test('vacuum, larger SQLite pages and full-text search work on the store [S-1]', async () => {
	const disk = await filled(3000);
	const { db, store } = await open(disk);
	db.exec('DELETE FROM t WHERE id > 100; PRAGMA page_size=8192; VACUUM');
	store.checkpoint();
	db.exec('CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f SELECT body FROM t');
	expect(db.value(`SELECT count(*) FROM f WHERE f MATCH 'body'`)).toBe(101);
	db.close();
	const again = await open(disk);
	expect(again.db.value('PRAGMA integrity_check')).toBe('ok');
	expect(again.db.value('SELECT count(*) FROM t')).toBe(101);
	again.db.close();
});

test('a write-ahead log is refused, and the connection goes on [S-10]', async () => {
	const disk = await filled(10);
	const { db } = await open(disk);
	db.value('PRAGMA journal_mode=WAL');
	expect(() => db.run('DELETE FROM t')).toThrow();
	db.exec('PRAGMA journal_mode=MEMORY');
	db.run('DELETE FROM t WHERE id = 1');
	expect(db.value('SELECT count(*) FROM t')).toBe(9);
	db.close();
});
