/**
 * Three devices edit one text offline, by SQL and by tabs, with rollbacks, restarts and compaction in between, and
 * exchange updates in random order with duplicates. At the end all have the same text, in the document, in the column
 * and in the full-text index.
 */

import { expect, test } from 'vitest';
import type { PendingText } from './text.ts';
import { TextColumns } from './text.ts';
import { openDatabase } from './open.ts';
import type { Database } from './sqlite.ts';

const RUNS = Number(process.env['RUNS'] ?? 12);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const WORDS = ['alpha', 'βeta', '😀', '\n- [ ] task', ' | a | b |', 'x', '👨‍👩‍👧', '\n'];
const REF = { table: 'notes', scope: 's', id: 'n', column: 'body' };
const TOUCHED = { tables: new Set(['notes']), writes: new Set(['notes']) };
const SCHEMA = { tables: [{ name: 'notes', replicated: true, columns: [{ name: 'body', class: 'REALTIME' }] }] };
const SQL = `
	CREATE TABLE notes (scope_id TEXT NOT NULL, id TEXT NOT NULL, body REALTIME_TEXT, PRIMARY KEY (scope_id, id));
	CREATE VIRTUAL TABLE search USING fts5(body, content='', contentless_delete=1);
	CREATE TRIGGER i AFTER INSERT ON notes BEGIN INSERT INTO search(rowid, body) VALUES (new.rowid, new.body); END;
	CREATE TRIGGER u AFTER UPDATE OF body ON notes BEGIN INSERT OR REPLACE INTO search(rowid, body) VALUES (new.rowid, new.body); END;
	SELECT crsql_as_crr('notes');
	INSERT INTO notes (scope_id, id) VALUES ('s', 'n');
`;

type Sent = PendingText & { author: string };
const clientOf = (author: string, counter: number): number => Number(author) * 4096 + counter;

function randomOf(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

class Device {
	text!: TextColumns;
	readonly sent: Sent[] = [];
	readonly db: Database;
	readonly author: string;
	#starts = 0;

	constructor(db: Database, author: string) {
		this.db = db;
		this.author = author;
		this.start();
	}

	start(): void {
		const counter = ++this.#starts;
		this.text = new TextColumns(this.db, SCHEMA, {
			clientIdFor: () => ({ clientId: clientOf(this.author, counter), counter }),
			clientIdOf: clientOf
		});
	}

	do(work: () => void, seal = true): void {
		try {
			this.db.transaction(() => {
				work();
				if (!seal) return;
				for (const pending of this.text.takePending()) this.sent.push({ ...pending, author: this.author });
			});
		} catch (error) {
			this.text.afterRollback();
			throw error;
		}
		this.text.afterCommit();
	}
}

test(`after any exchange in any order the texts are equal [T-9] (seed ${SEED}, ${RUNS} runs)`, async () => {
	for (let run = 0; run < RUNS; run++) {
		const seed = SEED + run;
		await oneRun(seed).catch((error: unknown) => {
			throw new Error(`SEED=${seed} RUNS=1: ${(error as Error).message}`, { cause: error });
		});
	}
}, 120_000);

async function oneRun(seed: number): Promise<void> {
	const random = randomOf(seed);
	const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
	const devices: Device[] = [];
	for (const author of ['1', '2', '3']) {
		const db = await openDatabase({ store: ':memory:' });
		db.exec(SQL);
		devices.push(new Device(db, author));
	}

	const someEdit = (text: string): [number, number, string] => {
		const characters = [...text];
		const from = random(characters.length + 1);
		const to = Math.min(characters.length, from + random(6));
		const at = (index: number): number => characters.slice(0, index).join('').length;
		return [at(from), at(to), random(3) ? pick(WORDS) : ''];
	};
	const bySql = (device: Device): void => {
		device.text.beforeStatement(TOUCHED);
		const body = (device.db.value('SELECT body FROM notes') ?? '') as string;
		const [from, to, put] = someEdit(body);
		const next = body.slice(0, from) + put + body.slice(to);
		device.db.run('UPDATE notes SET body = ?', [next]);
		expect(device.text.open(REF).text).toBe(next);
	};
	const byTab = (device: Device): void => {
		const { version, text } = device.text.open(REF);
		const [from, to, put] = someEdit(text);
		expect(device.text.edit(REF, [[from, to, put]], version).stale).toBeUndefined();
		expect(device.text.open(REF).text).toBe(text.slice(0, from) + put + text.slice(to));
	};
	const deliver = (all: boolean): void => {
		for (const to of devices) {
			const updates = devices.flatMap((from) => (from === to ? [] : from.sent)).filter(() => all || random(3) === 0);
			for (let index = updates.length - 1; index > 0; index--) {
				const other = random(index + 1);
				[updates[index], updates[other]] = [updates[other]!, updates[index]!];
			}
			for (const update of updates) {
				const times = random(4) === 0 ? 2 : 1;
				for (let time = 0; time < times; time++) {
					to.do(() => to.text.applyRemote(update, update.counter, update.update, update.author));
				}
			}
		}
	};

	for (let round = 0; round < 6; round++) {
		for (const device of devices) {
			for (let edit = 0; edit < 4; edit++) {
				const work = random(2) ? bySql : byTab;
				if (random(8) === 0) {
					const ghost = () => device.do(() => (work(device), fail()));
					expect(ghost).toThrow('undo');
				}
				device.do(() => work(device), random(4) > 0);
				if (random(5) === 0) device.text.compact(3);
				if (random(12) === 0) device.start();
				if (random(4) === 0) device.text.flush();
			}
		}
		deliver(false);
	}
	for (const device of devices) device.do(() => {});
	deliver(true);

	for (const device of devices) device.text.flush();
	const [first, ...others] = devices as [Device, ...Device[]];
	const text = first.text.open(REF).text;
	for (const device of [first, ...others]) {
		expect(device.text.open(REF).text).toBe(text);
		expect(device.db.value('SELECT body FROM notes')).toBe(text);
		expect(device.db.value('SELECT crsql_internal_sync_bit()')).toBe(0);
		expect(device.db.value('SELECT count(*) FROM slf_text_log WHERE state = 2')).toBe(0);
		const word = /(?<![\p{L}\p{N}\p{M}])[a-z]{3,}(?![\p{L}\p{N}\p{M}])/u.exec(text)?.[0];
		if (word) expect(device.db.value('SELECT count(*) FROM search WHERE search MATCH ?', [word])).toBe(1);
		device.start();
		expect(device.text.open(REF).text).toBe(text);
		device.db.close();
	}
}

function fail(): never {
	throw new Error('undo');
}
