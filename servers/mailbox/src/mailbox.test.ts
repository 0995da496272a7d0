import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { cryptoReady, signingKeyPair } from '@slf/platform/crypto';
import { MAILBOX_LIMITS, MailboxRules, NO_RECORD, signRecord } from '@slf/platform/protocol';
import type { MailboxLimits, MailboxStorage } from '@slf/platform/protocol';
import { MemoryMailbox } from '../../../shared/platform/src/sync/transport/memory-mailbox.ts';
import { SqliteStorage } from './sqlite-storage.ts';

await cryptoReady();

const cleanups: (() => void)[] = [];
afterEach(() => {
	for (const clean of cleanups.splice(0).reverse()) clean();
});

/** An author who writes records of a chain, honest unless told otherwise. */
class Author {
	readonly #keys = signingKeyPair(randomBytes(32));
	readonly tag: Uint8Array;
	readonly #chain: { bytes: Uint8Array; hash: Uint8Array }[] = [];

	constructor(tag: Uint8Array = randomBytes(32)) {
		this.tag = tag;
	}

	/** The next record; `seq` and `prev` only to break a rule. */
	record(size = 100, { seq = this.#chain.length + 1, prev = this.#chain.at(-1)?.hash ?? NO_RECORD } = {}): Uint8Array {
		const { publicKey: author, secretKey } = this.#keys;
		const place = { log: 'data' as const, tag: this.tag, author, seq, prev, keyId: new Uint8Array(8) };
		const signed = signRecord(place, randomBytes(size), secretKey);
		if (seq === this.#chain.length + 1) this.#chain.push(signed);
		return signed.bytes;
	}

	records(count: number, size = 100): Uint8Array[] {
		return Array.from({ length: count }, () => this.record(size));
	}

	/** Another second record than the one there is. */
	fork(): Uint8Array {
		return this.record(100, { seq: 2, prev: this.#chain[0]?.hash ?? NO_RECORD });
	}
}

function sqlite(path = ':memory:'): SqliteStorage {
	const storage = new SqliteStorage(path);
	cleanups.push(() => storage.close());
	return storage;
}

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'slf-mailbox-'));
	cleanups.push(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

const DAY = 86_400_000;

function mailbox(limits: Partial<MailboxLimits> = {}, storage: MailboxStorage = sqlite()) {
	let now = Date.UTC(2026, 0, 1);
	const rules = new MailboxRules(storage, () => now, { ...MAILBOX_LIMITS, ...limits });
	return { rules, storage, pass: (milliseconds: number) => (now += milliseconds) };
}

/** Everything that is there after a position, page by page. */
function all(rules: MailboxRules, tag: Uint8Array, after = 0): Buffer[] {
	const found: Buffer[] = [];
	for (;;) {
		const page = rules.fetch(tag, after, 1000);
		found.push(...page.records.map((bytes) => Buffer.from(bytes)));
		if (!page.more) return found;
		after = page.next;
	}
}

const asBuffers = (records: Uint8Array[]): Buffer[] => records.map((bytes) => Buffer.from(bytes));

test('[N-22] what is deposited comes out byte for byte, in order, page by page, for whoever knows the tag', () => {
	const { rules } = mailbox();
	const [alice, bob] = [new Author(), new Author()];
	const records = alice.records(30);
	expect(rules.deposit(alice.tag, records)).toEqual({ stored: 30, known: 0 });
	rules.deposit(bob.tag, bob.records(3));
	expect(all(rules, alice.tag)).toEqual(asBuffers(records));
	expect(all(rules, alice.tag, 28)).toEqual(asBuffers(records.slice(28)));
	expect(all(rules, randomBytes(32))).toEqual([]);
});

test('[N-22] the same deposit again changes nothing', () => {
	const { rules } = mailbox();
	const author = new Author();
	const records = author.records(5);
	rules.deposit(author.tag, records);
	expect(rules.deposit(author.tag, records)).toEqual({ stored: 0, known: 5 });
	expect(all(rules, author.tag)).toHaveLength(5);
});

test('[N-23] a hole in a chain is refused, and the answer names the record that is wanted', () => {
	const { rules } = mailbox();
	const author = new Author();
	const records = author.records(5);
	rules.deposit(author.tag, records.slice(0, 2));
	expect(rules.deposit(author.tag, records.slice(3))).toEqual({
		stored: 0,
		known: 0,
		refused: { index: 0, reason: 'gap', expected: 3 }
	});
	expect(rules.deposit(author.tag, records.slice(2))).toEqual({ stored: 3, known: 0 });
});

test('[N-23] a second record in the same place of a chain is refused, and the first stays', () => {
	const { rules } = mailbox();
	const author = new Author();
	const records = author.records(2);
	rules.deposit(author.tag, records);
	expect(rules.deposit(author.tag, [author.fork()]).refused).toEqual({ index: 0, reason: 'fork' });
	const third = author.record(10, { seq: 3, prev: randomBytes(32) });
	expect(rules.deposit(author.tag, [third]).refused).toEqual({ index: 0, reason: 'fork' });
	expect(all(rules, author.tag)).toEqual(asBuffers(records));
});

test('[N-23] T21: a record under a foreign tag, and one whose bytes or signature were changed, are refused', () => {
	const { rules } = mailbox();
	const author = new Author();
	const record = author.record();
	expect(rules.deposit(randomBytes(32), [record]).refused).toEqual({ index: 0, reason: 'wrong-tag' });
	for (const at of [10, Math.floor(record.length / 2), record.length - 1]) {
		const changed = record.slice();
		changed[at] = (changed[at] as number) ^ 1;
		expect(rules.deposit(author.tag, [changed]).refused).toEqual({ index: 0, reason: 'malformed' });
	}
	expect(rules.deposit(author.tag, [new Uint8Array(0)]).refused?.reason).toBe('malformed');
	expect(all(rules, author.tag)).toEqual([]);
});

test('[N-24] T26: a flood of invented authors fills eight mebibytes and does not push out what is there', () => {
	const { rules, pass } = mailbox({ youngBytes: 20_000 });
	const author = new Author();
	const records = author.records(10, 1000);
	expect(rules.deposit(author.tag, records).stored).toBe(10);
	pass(MAILBOX_LIMITS.youngAge);
	let stored = 0;
	for (let stranger = 0; stranger < 50; stranger++) {
		stored += rules.deposit(author.tag, new Author(author.tag).records(1, 1000)).stored;
	}
	expect(stored).toBeLessThan(20);
	expect(rules.deposit(author.tag, author.records(50, 1000))).toEqual({ stored: 50, known: 0 });
	expect(all(rules, author.tag).slice(0, 10)).toEqual(asBuffers(records));
});

test('[N-25] above its limit a tag loses its oldest records, and whoever comes late is told of the hole', () => {
	const { rules, storage } = mailbox({ tag: 10_000 });
	const author = new Author();
	const records = author.records(30, 1000);
	for (const record of records) rules.deposit(author.tag, [record]);
	const page = rules.fetch(author.tag, 0, 1_000_000);
	expect(page.gap).toBe(true);
	expect(asBuffers(page.records)).toEqual(asBuffers(records.slice(-page.records.length)));
	expect(page.records.length).toBeGreaterThan(5);
	expect(storage.totalBytes()).toBeLessThanOrEqual(10_000);
	// Who had everything up to there misses nothing.
	expect(rules.fetch(author.tag, 30 - page.records.length, 1_000_000).gap).toBe(false);
	expect(rules.fetch(author.tag, page.next, 1_000_000)).toMatchObject({ records: [], gap: false, more: false });
});

test('[N-25] after ninety days a record is gone and the hole is told once; the chain goes on', () => {
	const { rules, pass } = mailbox();
	const author = new Author();
	rules.deposit(author.tag, author.records(3));
	pass(90 * DAY + 1);
	rules.sweep();
	const page = rules.fetch(author.tag, 0, 1000);
	expect(page).toMatchObject({ records: [], gap: true, more: false });
	expect(rules.fetch(author.tag, page.next, 1000).gap).toBe(false);
	expect(rules.deposit(author.tag, [author.record()])).toEqual({ stored: 1, known: 0 });
	expect(all(rules, author.tag, page.next)).toHaveLength(1);
});

test('[N-26] what was acknowledged is on disk: a mailbox that is opened again has it, under the same name', () => {
	const path = join(folder(), 'mailbox.sqlite');
	const author = new Author();
	const records = author.records(20);
	const first = new SqliteStorage(path);
	mailbox({}, first).rules.deposit(author.tag, records);
	const { id } = first;
	first.close();
	const again = sqlite(path);
	expect(again.id).toEqual(id);
	const { rules } = mailbox({}, again);
	expect(all(rules, author.tag)).toEqual(asBuffers(records));
	expect(rules.deposit(author.tag, records)).toEqual({ stored: 0, known: 20 });
});

test('[N-26] a disk that fails in the middle of a deposit leaves nothing of it behind', () => {
	const storage = sqlite();
	const { rules } = mailbox({}, storage);
	const author = new Author();
	const records = author.records(3);
	const add = storage.add.bind(storage);
	let calls = 0;
	storage.add = (...args) => {
		if (++calls === 3) throw new Error('disk full');
		add(...args);
	};
	expect(() => rules.deposit(author.tag, records)).toThrow('disk full');
	storage.add = add;
	expect(all(rules, author.tag)).toEqual([]);
	expect(storage.totalBytes()).toBe(0);
	expect(rules.deposit(author.tag, records).stored).toBe(3);
});

test('[N-22] the mailbox in memory, which simulations use, answers as the one on disk', () => {
	const limits = { tag: 3000, youngBytes: 2500, total: 1_000_000 };
	fc.assert(
		fc.property(
			fc.array(
				fc.record({ who: fc.nat(2), skip: fc.integer({ min: -2, max: 2 }), count: fc.nat(3), pass: fc.nat(400_000) }),
				{ maxLength: 20 }
			),
			(steps) => {
				const [disk, memory] = [mailbox(limits), mailbox(limits, new MemoryMailbox())];
				const tag = randomBytes(32);
				const authors = Array.from({ length: 3 }, () => ({ records: new Author(tag).records(12), at: 0 }));
				for (const { who, skip, count, pass } of steps) {
					const author = authors[who] as (typeof authors)[number];
					const from = Math.max(0, author.at + skip);
					const deposited = author.records.slice(from, from + count);
					author.at = Math.min(12, from + count);
					const outcome = disk.rules.deposit(tag, deposited);
					expect(memory.rules.deposit(tag, deposited)).toEqual(outcome);
					disk.pass(pass);
					memory.pass(pass);
					if (pass % 3 === 0) {
						disk.rules.sweep();
						memory.rules.sweep();
					}
					expect(memory.rules.fetch(tag, from, 500).next).toEqual(disk.rules.fetch(tag, from, 500).next);
					expect(asBuffers(memory.rules.fetch(tag, 0, 5000).records)).toEqual(
						asBuffers(disk.rules.fetch(tag, 0, 5000).records)
					);
					expect(memory.storage.totalBytes()).toBe(disk.storage.totalBytes());
				}
			}
		),
		{ numRuns: 40 }
	);
});
