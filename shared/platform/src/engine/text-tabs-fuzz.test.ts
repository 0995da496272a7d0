/**
 * Tabs and the engine together: several TextSync against one TextColumns over ports that keep order, with answers that
 * are lost, ports that break, engines that die, SQL that writes the same text, and transactions that are rolled back.
 * Every character is typed once in the whole run, so it must stand in the text once at the end, or not at all if
 * somebody deleted it.
 */

import { expect, test } from 'vitest';
import { TextSync } from '../client/text-sync.ts';
import { applyEdit, type TextAnswer, type TextEdit, type TextEvent } from '../protocol/text-edit.ts';
import { openDatabase } from './open.ts';
import type { Database } from './sqlite.ts';
import { TextColumns } from './text.ts';

const RUNS = Number(process.env['RUNS'] ?? 40);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const REF = { table: 'notes', scope: 's', id: 'n', column: 'body' };
const TOUCHED = { tables: new Set(['notes']), writes: new Set(['notes']) };
const SCHEMA = { tables: [{ name: 'notes', replicated: true, columns: [{ name: 'body', class: 'REALTIME' }] }] };

function randomOf(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

/** The engine: dies and comes back over the same database. */
class Engine {
	readonly db: Database;
	text!: TextColumns;
	readonly #committed = new Set<string>();
	#starts = 0;
	#loads = 0;

	constructor(db: Database) {
		this.db = db;
		this.start();
	}

	start(): void {
		const counter = ++this.#starts;
		this.text = new TextColumns(this.db, SCHEMA, {
			clientIdFor: () => ({ clientId: counter, counter }),
			clientIdOf: () => 0,
			start: (this.#loads += 1000)
		});
	}

	do<T>(work: () => T): T {
		let result: T;
		try {
			result = this.db.transaction(work);
		} catch (error) {
			this.text.afterRollback();
			throw error;
		}
		this.text.afterCommit();
		return result;
	}

	edit({ operation, base, edit }: { operation: string; base: number; edit: TextEdit }): TextAnswer {
		if (this.#committed.has(operation)) throw new Error(`${operation} came twice`);
		const answer = this.do(() => this.text.edit(REF, edit, base, { operation, origin: operation.slice(0, 2) }));
		if (!answer.stale) this.#committed.add(operation);
		return answer;
	}

	wasCommitted(operation: string | null): boolean {
		return operation !== null && this.#committed.has(operation);
	}
}

type ToTab = { event: TextEvent } | { operation: string; answer: TextAnswer };

class Tab {
	readonly sync: TextSync;
	editor: string;
	readonly #engine: Engine;
	readonly #toEngine: { operation: string; base: number; edit: TextEdit }[] = [];
	readonly #toTab: ToTab[] = [];
	#stop: () => void;

	constructor(engine: Engine, name: string) {
		this.#engine = engine;
		const snapshot = engine.text.open(REF);
		this.editor = snapshot.text;
		let operations = 0;
		this.sync = new TextSync(snapshot, {
			newOperation: () => `${name}:${++operations}`,
			send: (request) => this.#toEngine.push(request),
			remote: (edit) => (this.editor = applyEdit(this.editor, edit))
		});
		this.#stop = engine.text.observe(REF, (event) => this.#toTab.push({ event }));
	}

	type(edit: TextEdit): void {
		this.editor = applyEdit(this.editor, edit);
		this.sync.local(edit);
	}

	/** The engine takes one request. */
	serve(): boolean {
		const request = this.#toEngine.shift();
		if (!request) return false;
		const answer = this.#engine.edit(request);
		this.#toTab.push({ operation: request.operation, answer });
		return true;
	}

	/** The tab takes one message. */
	listen(): boolean {
		const message = this.#toTab.shift();
		if (!message) return false;
		if ('event' in message) this.sync.receive(message.event);
		else this.sync.answer(message.operation, message.answer);
		return true;
	}

	/** The port breaks: what was under way in it is gone. */
	lose(): void {
		this.#stop();
		this.#toEngine.length = 0;
		this.#toTab.length = 0;
		this.sync.lost();
	}

	reopen(): void {
		const applied = this.#engine.wasCommitted(this.sync.inDoubt);
		const snapshot = this.#engine.text.open(REF);
		this.#stop = this.#engine.text.observe(REF, (event) => this.#toTab.push({ event }));
		this.sync.reopened(snapshot, applied);
	}
}

test(`all tabs and the engine end with one text, each character once [T-21] (seed ${SEED}, ${RUNS} runs)`, async () => {
	for (let run = 0; run < RUNS; run++) {
		const seed = SEED + run;
		await oneRun(seed).catch((error: unknown) => {
			throw new Error(`SEED=${seed} RUNS=1: ${(error as Error).message}`, { cause: error });
		});
	}
}, 120_000);

async function oneRun(seed: number): Promise<void> {
	const random = randomOf(seed);
	const db = await openDatabase({ store: ':memory:' });
	db.exec(`CREATE TABLE notes (scope_id TEXT NOT NULL, id TEXT NOT NULL, body REALTIME_TEXT, PRIMARY KEY (scope_id, id));
		SELECT crsql_as_crr('notes'); INSERT INTO notes (scope_id, id) VALUES ('s', 'n');`);
	const engine = new Engine(db);
	const tabs = Array.from({ length: 2 + random(2) }, (_, index) => new Tab(engine, `t${index}`));
	const lost = new Set<Tab>();

	// Half of them beyond U+FFFF, so that pairs would show if they were cut.
	let last = 0;
	const fresh = (): string => String.fromCodePoint((++last % 2 ? 0x4e00 : 0x20000) + last);
	const typed = new Set<string>();
	const deleted = new Set<string>();
	const mayDelete = seed % 3 !== 0;
	const someEdit = (text: string): TextEdit => {
		const characters = [...text];
		const at = (index: number): number => characters.slice(0, index).join('').length;
		const from = random(characters.length + 1);
		const to = mayDelete && random(3) === 0 ? Math.min(characters.length, from + random(4)) : from;
		for (const character of characters.slice(from, to)) deleted.add(character);
		let put = '';
		for (let count = random(3) + (to === from ? 1 : 0); count > 0; count--) put += fresh();
		for (const character of put) typed.add(character);
		return [[at(from), at(to), put]];
	};

	for (let step = 0; step < 150; step++) {
		const tab = tabs[random(tabs.length)]!;
		const kind = random(20);
		if (kind < 8) tab.type(someEdit(tab.editor));
		else if (kind < 12) tab.serve();
		else if (kind < 16) tab.listen();
		else if (kind === 16 && !lost.has(tab)) {
			tab.lose();
			lost.add(tab);
		} else if (kind === 17 && random(3) === 0) {
			for (const each of tabs) each.lose();
			for (const each of tabs) lost.add(each);
			engine.start();
		} else if (kind === 18) {
			const work = (): void => {
				engine.text.beforeStatement(TOUCHED);
				const body = (db.value('SELECT body FROM notes') ?? '') as string;
				db.run('UPDATE notes SET body = ?', [applyEdit(body, someEdit(body))]);
			};
			if (random(3)) engine.do(work);
			else {
				const [before, gone] = [new Set(typed), new Set(deleted)];
				expect(() => engine.do(() => (work(), undo()))).toThrow('undo');
				for (const character of typed) if (!before.has(character)) typed.delete(character);
				for (const character of deleted) if (!gone.has(character)) deleted.delete(character);
			}
		} else if (lost.has(tab)) {
			tab.reopen();
			lost.delete(tab);
		}
		expect(tab.editor).toBe(tab.sync.text);
	}

	for (const tab of lost) tab.reopen();
	for (let busy = true; busy;) {
		busy = false;
		for (const tab of tabs) busy = tab.serve() || tab.listen() || busy;
	}
	const { text } = engine.text.open(REF);
	for (const tab of tabs) {
		expect(tab.sync.saved).toBe(true);
		expect(tab.editor).toBe(text);
		expect(tab.sync.confirmedText).toBe(text);
	}
	const there = [...text];
	expect(new Set(there).size).toBe(there.length);
	for (const character of there) expect(typed.has(character)).toBe(true);
	const present = new Set(there);
	for (const character of typed) if (!deleted.has(character)) expect(present.has(character)).toBe(true);
	for (const character of deleted) expect(present.has(character)).toBe(false);
	db.close();
}

function undo(): never {
	throw new Error('undo');
}
