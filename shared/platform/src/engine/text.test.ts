import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { TextEvent } from '../protocol/text-edit.ts';
import { openDatabase } from './open.ts';
import type { Database, SqlValue } from './sqlite.ts';
import { checkTextUpdate, TextColumns, TextRefusal, type PendingText, type Touched } from './text.ts';

const SCHEMA = {
	tables: [
		{
			name: 'notes',
			replicated: true,
			columns: [
				{ name: 'scope_id', class: 'scope' },
				{ name: 'id', class: 'key' },
				{ name: 'title', class: 'LWW' },
				{ name: 'body', class: 'REALTIME' }
			]
		}
	]
};

const SQL = `
	CREATE TABLE notes (scope_id TEXT NOT NULL, id TEXT NOT NULL, title TEXT, body REALTIME_TEXT, PRIMARY KEY (scope_id, id));
	CREATE VIRTUAL TABLE search USING fts5(body, content='', contentless_delete=1);
	CREATE TRIGGER notes_search_insert AFTER INSERT ON notes BEGIN INSERT INTO search(rowid, body) VALUES (new.rowid, new.body); END;
	CREATE TRIGGER notes_search_update AFTER UPDATE OF body ON notes BEGIN INSERT OR REPLACE INTO search(rowid, body) VALUES (new.rowid, new.body); END;
	SELECT crsql_as_crr('notes');
`;

const REF = { table: 'notes', scope: 's', id: 'n', column: 'body' };
const NOTES: Touched = { tables: new Set(['notes']), writes: new Set(['notes']) };

/** One device: a database, its texts, and what it would put into batches. */
class Device {
	readonly db: Database;
	readonly number: number;
	text: TextColumns;
	readonly sent: (PendingText & { author: string })[] = [];
	#starts = 0;

	constructor(db: Database, number: number) {
		this.db = db;
		this.number = number;
		this.text = this.start();
	}

	/** The engine starts (anew): nothing in memory is left, the client id is another one. */
	start(): TextColumns {
		const counter = ++this.#starts;
		this.text = new TextColumns(this.db, SCHEMA, {
			clientIdFor: () => ({ clientId: clientOf(this.author, counter), counter }),
			clientIdOf: clientOf,
			cached: 2
		});
		return this.text;
	}

	get author(): string {
		return `device${this.number}`;
	}

	/** A transaction that seals, as the log does it. */
	do<T>(work: () => T): T {
		let result: T;
		try {
			result = this.db.transaction(() => {
				const value = work();
				for (const pending of this.text.takePending()) this.sent.push({ ...pending, author: this.author });
				return value;
			});
		} catch (error) {
			this.text.afterRollback();
			throw error;
		}
		this.text.afterCommit();
		return result;
	}

	run(sql: string, params: SqlValue[] = []): void {
		this.do(() => {
			this.text.beforeStatement(NOTES);
			this.db.run(sql, params);
		});
	}

	get body(): SqlValue | undefined {
		this.text.beforeStatement(NOTES);
		return this.db.value('SELECT body FROM notes WHERE id = ?', ['n']);
	}

	receive(update: PendingText & { author: string }): string {
		return this.do(() => this.text.applyRemote(update, update.counter, update.update, update.author));
	}
}

const clientOf = (author: string, counter: number): number => Number(author.slice(6)) * 1000 + counter + 2 ** 50;

async function device(number: number): Promise<Device> {
	const db = await openDatabase({ store: ':memory:' });
	db.exec(SQL);
	return new Device(db, number);
}

/** Rows as the log carries them: no cells of texts. */
function copyRows(from: Device, to: Device): void {
	const changes = from.db.all(
		`SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes WHERE cid <> 'body'`
	);
	to.do(() => {
		for (const change of changes) {
			to.db.run(
				'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq) VALUES (?,?,?,?,?,?,?,?,?)',
				change
			);
		}
	});
}

const insert = (d: Device, body: string | null): void =>
	d.run('INSERT INTO notes (scope_id, id, title, body) VALUES (?, ?, ?, ?)', ['s', 'n', 'T', body]);

describe('tabs', () => {
	test('an edit on the newest version is applied; one on an older is told what it missed [T-1]', async () => {
		const a = await device(1);
		insert(a, 'hello');
		const { version, text } = a.text.open(REF);
		expect(text).toBe('hello');
		expect(a.do(() => a.text.edit(REF, [[5, 5, ' world']], version))).toEqual({ version: version + 1 });
		expect(a.do(() => a.text.edit(REF, [[0, 0, 'x']], version))).toEqual({
			version: version + 1,
			stale: true,
			edits: [[[5, 5, ' world']]]
		});
		expect(a.text.open(REF).text).toBe('hello world');
	});

	test('a version of an earlier engine is answered with the whole text [T-1]', async () => {
		const a = await device(1);
		insert(a, 'hello');
		const { version } = a.text.open(REF);
		a.start();
		const answer = a.do(() => a.text.edit(REF, [[0, 0, 'x']], version));
		expect(answer).toMatchObject({ stale: true, text: 'hello' });
	});

	test('observers hear edits of tabs, SQL and other devices after the commit, in order of versions [T-2]', async () => {
		const [a, b] = [await device(1), await device(2)];
		insert(a, 'one');
		copyRows(a, b);
		b.receive(a.sent[0]!);
		let { version, text } = a.text.open(REF);
		const heard: string[] = [];
		a.text.observe(REF, (event) => {
			expect(a.db.inTransaction).toBe(false);
			if (event.reset) throw new Error('no reset was due');
			expect(event.version).toBe(++version);
			for (const [from, to, put] of [...event.edit].reverse()) text = text.slice(0, from) + put + text.slice(to);
			heard.push(event.origin ?? '-');
		});
		a.do(() => a.text.edit(REF, [[0, 3, 'two']], version, { origin: 'tab:1', operation: 'op' }));
		a.run("UPDATE notes SET body = body || ' three'");
		b.run("UPDATE notes SET body = 'zero ' || body");
		a.receive(b.sent[0]!);
		expect(text).toBe(a.text.open(REF).text);
		expect(text.split(' ').sort()).toEqual(['three', 'two', 'zero']);
		expect(heard).toEqual(['tab:1', '-', '-']);
	});

	test('line ends become LF, half characters and NUL become U+FFFD, in edits and in SQL [T-3]', async () => {
		const a = await device(1);
		insert(a, 'a\r\nb\rc');
		expect(a.text.open(REF).text).toBe('a\nb\nc');
		expect(a.body).toBe('a\nb\nc');
		const { version } = a.text.open(REF);
		a.do(() => a.text.edit(REF, [[5, 5, '\r\n\0\ud800']], version));
		expect(a.body).toBe('a\nb\nc\n\ufffd\ufffd');
	});

	test('an edit that cuts a character, overlaps, is out of bounds or too long is refused and changes nothing [T-3]', async () => {
		const a = await device(1);
		insert(a, 'a😀b');
		const { version } = a.text.open(REF);
		const edit = (...changes: [number, number, string][]) => a.do(() => a.text.edit(REF, changes, version));
		expect(() => edit([2, 2, 'x'])).toThrow('cuts a character');
		expect(() => edit([1, 3, ''], [2, 4, ''])).toThrow('out of order');
		expect(() => edit([0, 9, ''])).toThrow('outside');
		expect(() => edit([0, 0, 'x'.repeat(2 ** 20)])).toThrow('longer than 1 MiB');
		expect(a.text.open(REF).text).toBe('a😀b');
		expect(() => a.text.open({ ...REF, column: 'title' })).toThrow('not a REALTIME_TEXT column');
		expect(() => a.text.open({ ...REF, id: 'nowhere' })).toThrow('does not exist');
	});

	test('a cursor of another device moves with the text around it [T-4]', async () => {
		const [a, b] = [await device(1), await device(2)];
		insert(a, 'hello world');
		copyRows(a, b);
		b.receive(a.sent[0]!);
		const anchor = a.text.anchor(REF, 6);
		b.do(() => b.text.edit(REF, [[0, 0, '>> ']], b.text.open(REF).version));
		expect(b.text.resolve(REF, anchor)).toBe(9);
		expect(b.text.resolve(REF, Uint8Array.of(9, 9, 9))).toBe(null);
	});
});

describe('the column', () => {
	test('a statement never sees a stale column, the full-text index included [T-5]', async () => {
		const a = await device(1);
		insert(a, 'hello');
		a.do(() => a.text.edit(REF, [[5, 5, ' zebra']], a.text.open(REF).version));
		expect(a.db.value('SELECT body FROM notes')).toBe('hello');
		expect(a.text.dirtyCount).toBe(1);
		const search: Touched = { tables: new Set(['search']), writes: new Set() };
		expect(a.text.beforeStatement({ tables: new Set(['other']), writes: new Set() })).toBe(false);
		expect(a.text.beforeStatement(search)).toBe(true);
		expect(a.db.value("SELECT count(*) FROM search WHERE search MATCH 'zebra'")).toBe(1);
		expect(a.text.dirtyCount).toBe(0);
		expect(a.db.value('SELECT crsql_internal_sync_bit()')).toBe(0);
	});

	test('writing the text into its column tells nobody and makes no version [T-5]', async () => {
		const a = await device(1);
		insert(a, 'hello');
		const before = a.db.value('SELECT crsql_db_version()');
		a.do(() => a.text.edit(REF, [[5, 5, '!']], a.text.open(REF).version));
		a.text.flush();
		expect(a.db.value('SELECT body FROM notes')).toBe('hello!');
		expect(a.db.value('SELECT crsql_db_version()')).toBe(before);
		expect(a.text.takePending()).toEqual([]);
	});

	test('a column that was behind when the engine died is brought up by the next one [T-5]', async () => {
		const a = await device(1);
		insert(a, 'hello');
		a.do(() => a.text.edit(REF, [[5, 5, '!']], a.text.open(REF).version));
		a.start();
		expect(a.body).toBe('hello!');
	});

	test('SQL on two devices merges by character; a row that comes after its text is filled [T-6]', async () => {
		const [a, b] = [await device(1), await device(2)];
		insert(a, '# Title\n\nFirst.\n\nSecond.\n');
		b.receive(a.sent[0]!);
		expect(b.body).toBe(undefined);
		copyRows(a, b);
		expect(b.body).toBe('# Title\n\nFirst.\n\nSecond.\n');
		a.run("UPDATE notes SET body = replace(body, 'First', '1st')");
		b.run("UPDATE notes SET body = body || '- [ ] task' || char(10)");
		a.receive(b.sent[0]!);
		b.receive(a.sent[1]!);
		expect(a.body).toBe('# Title\n\n1st.\n\nSecond.\n- [ ] task\n');
		expect(b.body).toBe(a.body);
	});

	test('a row inserted again under an old id holds what was inserted, NULL as an empty text [T-6]', async () => {
		const a = await device(1);
		insert(a, 'old text');
		a.run("DELETE FROM notes WHERE id = 'n'");
		insert(a, 'new');
		expect(a.text.open(REF).text).toBe('new');
		a.run('UPDATE notes SET body = NULL');
		expect(a.text.open(REF).text).toBe('');
		expect(a.body).toBe('');
		a.run("INSERT OR REPLACE INTO notes (scope_id, id, body) VALUES ('s', 'n', 'third')");
		expect(a.text.open(REF).text).toBe('third');
	});

	test('the column is never NULL: rows without text read as an empty one on every device [T-6]', async () => {
		const [a, b] = [await device(1), await device(2)];
		insert(a, null);
		a.run("INSERT INTO notes (scope_id, id) VALUES ('s', 'm')");
		a.run("INSERT INTO notes (scope_id, id, body) VALUES ('s', 'o', '')");
		copyRows(a, b);
		for (const d of [a, b]) {
			d.text.flush();
			expect(d.db.all('SELECT body FROM notes')).toEqual([[''], [''], ['']]);
		}
		expect(() => a.run("UPDATE notes SET body = x'00'")).toThrow('takes text');
		expect(a.db.value('SELECT body FROM notes')).toBe('');
	});

	test('an UPDATE that rewrites a text in thousands of places stays within what others accept [T-6]', async () => {
		const a = await device(1);
		const lines = Array.from({ length: 2900 }, (_, line) => (line % 2 ? `line ${line}\n` : `x ${line} x of x many\n`));
		insert(a, lines.join(''));
		a.run("UPDATE notes SET body = replace(body, 'x', 'y')");
		for (const { update, counter } of a.sent) {
			expect(() => checkTextUpdate(update, clientOf(a.author, counter))).not.toThrow();
		}
		expect(a.text.open(REF).text).toBe(a.body);
	});
});

describe('transactions', () => {
	test('a rolled back edit leaves no ghost: the text is as before and later edits reach others [T-7]', async () => {
		const [a, b] = [await device(1), await device(2)];
		insert(a, 'hello');
		const events: TextEvent[] = [];
		a.text.observe(REF, (event) => events.push(event));
		expect(() =>
			a.do(() => {
				a.db.run("UPDATE notes SET body = body || ' ghost'");
				a.text.edit(REF, [[0, 0, 'boo']], a.text.open(REF).version);
				throw new Error('no');
			})
		).toThrow('no');
		expect(a.text.open(REF).text).toBe('hello');
		expect(events).toEqual([{ version: a.text.open(REF).version, reset: true, text: 'hello' }]);
		expect(a.text.hasPending).toBe(false);
		a.run("UPDATE notes SET body = body || ' world'");
		copyRows(a, b);
		for (const update of a.sent) expect(b.receive(update)).toBe('applied');
		expect(b.body).toBe('hello world');
	});

	test('a statement that fails inside a transaction takes its edits back, what was before it stays [T-7]', async () => {
		const a = await device(1);
		insert(a, 'hello');
		a.db.exec(`CREATE TEMP TRIGGER refuse AFTER UPDATE OF body ON notes WHEN new.body LIKE '%bad%'
			BEGIN SELECT RAISE(ABORT, 'refused'); END`);
		a.do(() => {
			a.db.run("UPDATE notes SET body = body || ' good'");
			try {
				a.db.run("UPDATE notes SET body = body || ' bad'");
			} catch {
				a.text.statementFailed();
			}
			expect(a.text.open(REF).text).toBe('hello good');
			a.db.run("UPDATE notes SET body = body || ' end'");
		});
		expect(a.text.open(REF).text).toBe('hello good end');
		expect(a.body).toBe('hello good end');
		const b = await device(2);
		copyRows(a, b);
		for (const update of a.sent) expect(b.receive(update)).toBe('applied');
		expect(b.body).toBe('hello good end');
	});

	test('what was written down but not sealed before a crash is sealed by the next start, under its old counter [T-8]', async () => {
		const [a, b] = [await device(1), await device(2)];
		a.db.run("INSERT INTO notes (scope_id, id, body) VALUES ('s', 'n', 'unsealed')");
		a.start();
		expect(a.text.hasPending).toBe(true);
		a.run("UPDATE notes SET body = body || '!'");
		expect(a.sent.map((update) => update.counter)).toEqual([1, 2]);
		copyRows(a, b);
		for (const update of a.sent) b.receive(update);
		expect(b.body).toBe('unsealed!');
	});
});

describe('updates of others', () => {
	test('any order, any number of times: what leans on absent text waits [T-9]', async () => {
		const [a, b, c] = [await device(1), await device(2), await device(3)];
		insert(a, 'base');
		for (const d of [b, c]) copyRows(a, d);
		b.receive(a.sent[0]!);
		b.run("UPDATE notes SET body = body || ' of b'");
		b.run("UPDATE notes SET body = body || ' again'");
		expect(c.receive(b.sent[0]!)).toBe('held');
		expect(c.receive(b.sent[1]!)).toBe('held');
		expect(c.receive(b.sent[0]!)).toBe('held');
		c.start();
		expect(c.body).toBe('');
		expect(c.receive(a.sent[0]!)).toBe('applied');
		expect(c.receive(b.sent[1]!)).toBe('known');
		expect(c.body).toBe('base of b again');
		expect(c.text.compact(1)).toBe(1);
		c.start();
		expect(c.text.open(REF).text).toBe('base of b again');
		expect([...c.text.texts('s')]).toEqual([['notes', 'n', 'body', 'base of b again']]);
	});

	/** An update made by hand. */
	function forge(client: number, work: (doc: Y.Doc) => void, base?: Uint8Array): Uint8Array {
		const doc = new Y.Doc();
		if (base) Y.applyUpdate(doc, base);
		doc.clientID = client;
		let made: Uint8Array = new Uint8Array();
		doc.on('update', (update: Uint8Array) => (made = update));
		doc.transact(() => work(doc));
		return made;
	}
	const MALLORY = 'device9';
	const client = clientOf(MALLORY, 1);
	const text = (doc: Y.Doc) => doc.getText('t');

	/** Bytes as Yjs writes them: one client, one struct, string content (4) under a key (32) of the root 't', no deletions. */
	function intoMap(): Uint8Array {
		const varint = (value: number): number[] =>
			value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
		return Uint8Array.from([1, 1, ...varint(client), 0, 4 + 32, 1, 1, 116, 1, 107, 1, 120, 0]);
	}

	const forgeries: [string, string, Uint8Array][] = [
		[
			'structs in the name of another client',
			'TEXT_FORGED',
			forge(clientOf('device1', 1), (doc) => text(doc).insert(0, 'x'))
		],
		['another type than the text', 'TEXT_FORGED', forge(client, (doc) => doc.getText('u').insert(0, 'x'))],
		['a map', 'TEXT_FORGED', forge(client, (doc) => doc.getMap('t').set('k', 'v'))],
		['a map whose value is a text', 'TEXT_FORGED', intoMap()],
		['a nested type', 'TEXT_FORGED', forge(client, (doc) => doc.getArray('t').insert(0, [new Y.Text('x')]))],
		['a format', 'TEXT_FORGED', forge(client, (doc) => text(doc).insert(0, 'x', { bold: true }))],
		['an embed', 'TEXT_FORGED', forge(client, (doc) => text(doc).insertEmbed(0, { image: 'x' }))],
		['a sub-document', 'TEXT_FORGED', forge(client, (doc) => doc.getArray('t').insert(0, [new Y.Doc()]))],
		['JSON nested ever deeper', 'TEXT_FORGED', forge(client, (doc) => doc.getArray('t').insert(0, [[[[[[['x']]]]]]]))],
		['CR in the text', 'TEXT_MALFORMED', forge(client, (doc) => text(doc).insert(0, 'a\r\nb'))],
		['nothing', 'TEXT_MALFORMED', new Uint8Array(0)],
		['noise', 'TEXT_MALFORMED', new Uint8Array(40).fill(200)],
		[
			'a string longer than the update',
			'TEXT_MALFORMED',
			Uint8Array.from([1, 1, 5, 0, 4, 1, 1, 116, 255, 255, 255, 255, 15])
		],
		['more bytes than a text has', 'TEXT_TOO_LARGE', new Uint8Array(2 ** 22 + 1)]
	];
	test.each(forgeries)(
		'T87 forged structs: %s is refused before anything is applied [T-10]',
		async (_, code, update) => {
			const a = await device(1);
			insert(a, 'hello');
			const before = a.db.all('SELECT * FROM slf_text_log');
			let refusal: unknown;
			try {
				a.do(() => a.text.applyRemote(REF, 1, update, MALLORY));
			} catch (error) {
				refusal = error;
			}
			expect(refusal).toBeInstanceOf(TextRefusal);
			expect((refusal as TextRefusal).code).toBe(code);
			expect(a.db.all('SELECT * FROM slf_text_log')).toEqual(before);
			expect(a.text.open(REF).text).toBe('hello');
		}
	);

	test('T87 forged clocks: a hole in the own clocks waits, and a clock filled twice keeps what came first [T-10]', async () => {
		const a = await device(1);
		insert(a, 'hello');
		const first = forge(client, (doc) => text(doc).insert(0, 'aaaa'));
		const second = forge(client, (doc) => text(doc).insert(4, 'bb'), first);
		const other = forge(client, (doc) => text(doc).insert(0, 'zzzz'));
		const receive = (update: Uint8Array) => a.do(() => a.text.applyRemote(REF, 1, update, MALLORY));
		expect(receive(second)).toBe('held');
		expect(a.text.open(REF).text).toBe('hello');
		expect(receive(first)).toBe('applied');
		const both = a.text.open(REF).text;
		expect([...both].sort().join('')).toBe([...'aaaabbhello'].sort().join(''));
		expect(receive(other)).toBe('known');
		expect(a.text.open(REF).text).toBe(both);
	});

	test('T87 of two updates that fill the same clocks the first of the chain counts, also where both had to wait [T-10]', async () => {
		const [a, b, c] = [await device(1), await device(2), await device(3)];
		insert(a, 'hello');
		for (const d of [b, c]) copyRows(a, d);
		b.receive(a.sent[0]!);
		const base = b.db.value('SELECT body FROM slf_text_log') as Uint8Array;
		const leaning = forge(client, (doc) => text(doc).insert(5, '1111'), base);
		const free = forge(client, (doc) => text(doc).insert(0, '2222'));
		for (const d of [b, c]) {
			for (const update of [leaning, free]) d.do(() => d.text.applyRemote(REF, 1, update, MALLORY));
		}
		c.receive(a.sent[0]!);
		expect(b.text.open(REF).text).toBe('hello1111');
		expect(c.text.open(REF).text).toBe('hello1111');
	});

	test('T46 text bomb: more structs than one update may have are refused; as many as it may are quick [T-10]', async () => {
		const bomb = (structs: number) =>
			forge(client, (doc) => {
				// Always at the start: nothing joins.
				for (let index = 0; index < structs; index++) text(doc).insert(0, 'x');
			});
		const a = await device(1);
		insert(a, 'hello');
		expect(() => a.do(() => a.text.applyRemote(REF, 1, bomb(10_001), MALLORY))).toThrow('structs');
		expect(a.do(() => a.text.applyRemote(REF, 1, bomb(10_000), MALLORY))).toBe('applied');
		expect(a.text.open(REF).text.length).toBe(10_005);
	});
});
