import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alike, keysOf } from './keys.ts';
import type { Candidate, KnownKey } from '#lib/data/import.ts';
import { planImport, type PlannedRow } from './plan.ts';
import type { Entry } from './statement.ts';

function entry(date: number, minor: number, text: string, bankId?: string): Entry {
	return {
		date,
		minor,
		currency: 'EUR',
		payee: text,
		memo: '',
		text,
		...(bankId === undefined ? {} : { bankId }),
		kind: 'other',
		pending: false,
		line: 1
	};
}

/** What is left of an import on one replica: the keys of each transaction. The union of two is the merge of two. */
type Ledger = ReadonlyMap<string, ReadonlySet<string>>;
const empty: Ledger = new Map();

const knownOf = (ledger: Ledger): KnownKey[] =>
	[...ledger].flatMap(([thread, keys]) => [...keys].map((key) => ({ key, thread, deleted: false })));

function plan(ledger: Ledger, entries: readonly Entry[], candidates: readonly Candidate[] = []): PlannedRow[] {
	return planImport({ entries, currency: 'EUR', known: knownOf(ledger), candidates });
}

/** Takes over all that is new, and all keys that known ones lack. */
function imported(ledger: Ledger, entries: readonly Entry[]): Ledger {
	const rows = plan(ledger, entries).flatMap(({ keys, fate }): [string, readonly string[]][] =>
		fate.kind === 'new' ? [[keys[0]!, keys]] : fate.kind === 'known' ? [[fate.thread, fate.keys]] : []
	);
	return united(ledger, rows);
}

function united(...ledgers: Iterable<readonly [string, Iterable<string>]>[]): Ledger {
	const all = new Map<string, Set<string>>();
	for (const ledger of ledgers)
		for (const [thread, keys] of ledger) all.set(thread, new Set([...(all.get(thread) ?? []), ...keys]));
	return all;
}

const kinds = (rows: readonly PlannedRow[]): string[] => rows.map(({ fate }) => fate.kind);

const JULY: readonly Entry[] = [
	entry(20260701, -450, 'BAKERY'),
	entry(20260701, -450, 'BAKERY'),
	entry(20260702, -120_00, 'RENT'),
	entry(20260703, 250_000, 'WAGES')
];

test('[FN-120] a file imported twice gives nothing new', () => {
	const once = imported(empty, JULY);
	expect(once.size).toBe(4);
	expect(kinds(plan(once, JULY))).toEqual(['known', 'known', 'known', 'known']);
	expect(imported(once, JULY)).toEqual(once);
});

test('[FN-121] otherworld#276: rows that are alike in all are as many as the bank says', () => {
	const rows = [entry(20260701, -250, 'TRAM'), entry(20260701, -250, 'TRAM'), entry(20260701, -250, 'TRAM')];
	expect(imported(empty, rows).size).toBe(3);
	// The day was cut before the third was booked: the next file brings it.
	expect(imported(imported(empty, rows.slice(0, 2)), rows).size).toBe(3);
});

test('[FN-120] otherworld#80: files that overlap give each row once', () => {
	const first = imported(empty, JULY.slice(0, 3));
	const both = imported(first, JULY.slice(1));
	// From the second bakery row on: there is one bakery row in this file, and the ledger has two.
	expect(both.size).toBe(4);
	expect(imported(both, JULY)).toEqual(both);
});

test('[FN-121] actual#2420 #2668 #5627: the same amount on the next days is no duplicate', () => {
	const interest = [20260701, 20260702, 20260703].map((date) => entry(date, 12, 'DAILY INTEREST'));
	const ledger = imported(empty, interest.slice(0, 1));
	expect(kinds(plan(ledger, interest))).toEqual(['known', 'new', 'new']);
	expect(plan(ledger, interest).every((row) => row.suggestion === undefined)).toBe(true);
});

test('[FN-122] actual#4280: a row that stands twice in one file with the same id of the bank is one', () => {
	const rows = [
		entry(20260701, -999, 'SHOP', 'A1'),
		entry(20260701, -999, 'SHOP', 'A1'),
		entry(20260702, -1, 'X', 'A2')
	];
	expect(plan(empty, rows).map(({ fate }) => fate)).toEqual([
		{ kind: 'new' },
		{ kind: 'repeated', of: 0 },
		{ kind: 'new' }
	]);
});

test('[FN-122] one id for a payment and its fee, or for every row of a file, makes none of them vanish', () => {
	const fee = [entry(20260701, -5000, 'HOTEL', 'B7'), entry(20260701, -75, 'FOREIGN FEE', 'B7')];
	expect(kinds(plan(empty, fee))).toEqual(['new', 'new']);
	const counted = [
		entry(20260701, -250, 'TRAM', '1'),
		entry(20260701, -250, 'TRAM', '1'),
		entry(20260702, -80, 'POST', '1')
	];
	expect(kinds(plan(empty, counted))).toEqual(['new', 'new', 'new']);
	// Ids that begin anew in the next file.
	const june = imported(empty, [entry(20260601, -1685, 'ALDI', '1')]);
	expect(kinds(plan(june, [entry(20260701, -1685, 'ALDI', '1')]))).toEqual(['new']);
	for (const id of ['0', '000', 'NONREF', 'notprovided', '']) {
		expect(kinds(plan(empty, [entry(20260701, -250, 'TRAM', id), entry(20260701, -250, 'TRAM', id)]))).toEqual([
			'new',
			'new'
		]);
	}
});

test('[FN-121] two rows with ids of their own stay two, whatever else is alike', () => {
	const [a, b] = [entry(20260701, -250, 'TRAM', 'A'), entry(20260701, -250, 'TRAM', 'B')];
	const ledger = imported(imported(empty, [a]), [b]);
	expect(ledger.size).toBe(2);
	// The same month as a file without ids knows both.
	expect(kinds(plan(ledger, [entry(20260701, -250, 'TRAM'), entry(20260701, -250, 'TRAM')]))).toEqual([
		'known',
		'known'
	]);
	expect(
		kinds(
			plan(
				ledger,
				Array.from({ length: 3 }, () => entry(20260701, -250, 'TRAM'))
			)
		)
	).toEqual(['known', 'known', 'new']);
});

test('[FN-123] actual#6678: a transaction collects the keys of all files that have it', () => {
	const plain = imported(empty, [entry(20260701, -999, 'SHOP')]);
	const named = imported(plain, [entry(20260701, -999, 'SHOP', 'A1')]);
	expect(named.size).toBe(1);
	// The bank changes the words later: it is known by its id.
	expect(kinds(plan(named, [entry(20260701, -999, 'SHOP AMSTERDAM', 'A1')]))).toEqual(['known']);
	// Two transactions that a person merged: the keys of both are of one.
	const [thread] = named.keys();
	const merged = united(named, [[thread!, keysOf([entry(20260702, -999, 'SHOP', 'Z9')]).map((keys) => keys.id!)]]);
	expect(kinds(plan(merged, [entry(20260702, -999, 'SHOP', 'Z9')]))).toEqual(['known']);
});

test('[FN-123] what a person deleted is not brought back by the next file', () => {
	const rows = plan(empty, JULY.slice(0, 1));
	const known = [{ key: rows[0]!.keys[0]!, thread: 't', deleted: true }];
	const again = planImport({ entries: JULY.slice(0, 1), currency: 'EUR', known, candidates: [] });
	expect(again[0]!.fate).toEqual({ kind: 'known', thread: 't', deleted: true, keys: [] });
	// Another that has the key too and lives is the one.
	const both = planImport({
		entries: JULY.slice(0, 1),
		currency: 'EUR',
		known: [...known, { ...known[0]!, thread: 'u', deleted: false }],
		candidates: []
	});
	expect(both[0]!.fate).toMatchObject({ thread: 'u', deleted: false });
});

test('[FN-124] announced rows and rows in another currency are not imported', () => {
	const rows = [
		{ ...entry(20260701, -1, 'A'), pending: true },
		{ ...entry(20260701, -1, 'B'), currency: 'USD' }
	];
	expect(kinds(plan(empty, rows))).toEqual(['pending', 'currency']);
});

test('[FN-125] actual#7855 #4805: what a person entered is suggested by its whole amount on the account, never a part', () => {
	const rows = [entry(20260703, -450, 'BAKERY MILL')];
	const candidate = (thread: string, date: number, minor: number, words: string): Candidate => ({
		thread,
		date,
		minor,
		words
	});
	// A split of 12.00 with a part of 4.50 has 12.00 on the account: its parts are no candidates.
	expect(plan(empty, rows, [candidate('split', 20260703, -1200, 'market')])[0]!.suggestion).toBeUndefined();
	expect(plan(empty, rows, [candidate('far', 20260720, -450, 'bakery')])[0]!.suggestion).toBeUndefined();
	const found = plan(empty, rows, [
		candidate('chance', 20260703, -450, 'lunch'),
		candidate('it', 20260701, -450, 'Bakery')
	]);
	expect(found[0]!.suggestion).toEqual({ thread: 'it', days: 2, words: ['bakery'], rivals: 0 });
	expect(found[0]!.fate).toEqual({ kind: 'new' });
});

test('[FN-125] each entered transaction is suggested for one row at the most, and equals are told', () => {
	const rows = [entry(20260703, -450, 'BAKERY'), entry(20260703, -450, 'BAKERY')];
	const [one, two] = ['a', 'b'].map((thread) => ({ thread, date: 20260703, minor: -450, words: 'bakery' }));
	const single = plan(empty, rows, [one!]);
	expect(single.map((row) => row.suggestion?.thread)).toEqual(['a', undefined]);
	const double = plan(empty, rows, [one!, two!]);
	expect(double.map((row) => row.suggestion?.thread)).toEqual(['a', 'b']);
	expect(double[0]!.suggestion!.rivals).toBe(1);
});

// Few values, so that rows are alike often.
const anyEntry = fc
	.record({
		date: fc.constantFrom(20260701, 20260702),
		minor: fc.constantFrom(-450, -250),
		text: fc.constantFrom('TRAM', 'SHOP'),
		id: fc.option(fc.nat(5).map(String), { nil: undefined })
	})
	.map(({ date, minor, text, id }) => entry(date, minor, text, id));
const withoutIds = fc.array(anyEntry).map((rows) => rows.map(({ date, minor, text }) => entry(date, minor, text)));
// A bank that keeps to its own rule: an id names one row.
const withIds = fc
	.array(anyEntry)
	.map((rows) => rows.map(({ date, minor, text }, index) => entry(date, minor, text, `N${index}`)));

test('[FN-126] two partners who import the same statement offline end with one set', () => {
	fc.assert(
		fc.property(fc.oneof(withoutIds, withIds, fc.array(anyEntry)), (rows) => {
			const [a, b] = [imported(empty, rows), imported(empty, rows)];
			expect(united(a, b)).toEqual(a);
		})
	);
});

test('[FN-126] files that overlap, imported in any order on two replicas, end with the rows of the account', () => {
	fc.assert(
		fc.property(fc.oneof(withoutIds, withIds), fc.nat(), fc.nat(), (rows, x, y) => {
			// A statement is whole days, and the files have some days in common.
			const sorted = rows.toSorted((a, b) => a.date - b.date);
			const from = sorted.findIndex((row) => row.date === sorted[x % sorted.length]?.date);
			const to = sorted.findLastIndex((row) => row.date === sorted[y % sorted.length]?.date) + 1;
			const [early, late] = [sorted.slice(0, Math.max(to, 0)), sorted.slice(Math.max(from, 0))];
			const all = [...early, ...late].length >= sorted.length && from < to ? sorted : undefined;
			const a = imported(imported(empty, early), late);
			const b = imported(imported(empty, late), early);
			const merged = united(a, b);
			if (all) expect(merged.size).toBe(sorted.length);
			expect(imported(merged, early)).toEqual(merged);
			expect(imported(merged, late)).toEqual(merged);
		})
	);
});

test('[FN-121] as many transactions as rows, however alike they are', () => {
	fc.assert(
		fc.property(withoutIds, (rows) => {
			const counts = (ledger: Ledger): number => ledger.size;
			expect(counts(imported(empty, rows))).toBe(rows.length);
			const more = [...rows, ...rows.slice(0, 1)];
			expect(counts(imported(imported(empty, rows), more))).toBe(more.length);
			expect(new Set(rows.map(alike)).size).toBeLessThanOrEqual(rows.length);
		})
	);
});

test('[FN-121] no key is had by two transactions of one replica, whatever files came before', () => {
	const shared = (ledger: Ledger): string[] => {
		const keys = [...ledger.values()].flatMap((own) => [...own]);
		return keys.filter((key, index) => keys.indexOf(key) !== index);
	};
	const [a, b] = [entry(20260701, -250, 'TRAM', 'A'), entry(20260701, -250, 'TRAM', 'B')];
	expect(shared(imported(imported(empty, [a]), [b]))).toEqual([]);
	// A was listed twice, so B's is the third place among the like, and there is no second.
	const gap = imported(empty, [a, a, b]);
	const more = imported(
		gap,
		Array.from({ length: 3 }, () => entry(20260701, -250, 'TRAM'))
	);
	expect(more.size).toBe(3);
	expect(shared(more)).toEqual([]);
	fc.assert(
		fc.property(fc.array(fc.oneof(withoutIds, withIds, fc.array(anyEntry)), { maxLength: 4 }), (files) => {
			expect(shared(files.reduce(imported, empty))).toEqual([]);
		})
	);
});

test('[FN-126] keys name no account, begin with the date, and fit the id of a transaction', () => {
	for (const { keys } of plan(empty, [entry(20260701, -1, 'x', 'y')])) {
		for (const key of keys) expect(key).toMatch(/^20260701\.[it][\w-]{21}$/);
	}
});

test('[FN-127] a plan of 5,000 equal rows against 5,000 equal candidates ends', () => {
	const rows = Array.from({ length: 5000 }, () => entry(20260701, -250, 'TRAM'));
	const candidates = rows.map((_, index) => ({ thread: `c${index}`, date: 20260701, minor: -250, words: 'tram' }));
	expect(
		plan(imported(empty, rows.slice(0, 2000)), rows, candidates).filter(({ fate }) => fate.kind === 'new')
	).toHaveLength(3000);
});
