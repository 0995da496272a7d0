/** Several tabs on one database: transactions, retries, texts. Real engines in this process, over real ports. */

import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineCalls, EngineStreams } from '../protocol/bridge.ts';
import { newOperation } from '../client/connection.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { LinkClient } from '../protocol/link.ts';
import type { LocalSuite } from './local-suite.ts';
import { openLocal, openSuite, type Platform, type TextCursor, type TextHandle, type Transaction } from './node.ts';

const SCHEMA = `
CREATE TABLE notes (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT, n LWW_INTEGER, body REALTIME_TEXT);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE TABLE drafts (k TEXT PRIMARY KEY, v TEXT);
`;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function tabs(count: number): Promise<{ suite: LocalSuite; tabs: Platform[]; scope: string }> {
	const dir = mkdtempSync(join(tmpdir(), 'slf-host-'));
	const suite = openSuite(dir);
	cleanUp.push(async () => {
		await suite.close();
		rmSync(dir, { recursive: true, force: true });
	});
	const open = await Promise.all(Array.from({ length: count }, () => openLocal(suite, 'notes', SCHEMA)));
	return { suite, tabs: open, scope: await open[0]!.scopes.personal() };
}

const add = (scope: string, id: string, n = 0) =>
	['INSERT INTO notes (id, scope_id, n) VALUES (?, ?, ?)', [id, scope, n]] as const;

async function ids(platform: Platform): Promise<unknown[]> {
	return (await platform.exec('SELECT id FROM notes ORDER BY id')).map((row) => row['id']);
}

async function until(check: () => boolean): Promise<void> {
	while (!check()) await new Promise((resolve) => setImmediate(resolve));
}

/** The first engine of the suite as a tab's client sees it, without the client's retries. */
async function dial(suite: LocalSuite): Promise<LinkClient<EngineCalls, EngineStreams>> {
	const { link } = await suite.dial<EngineCalls, EngineStreams>('engine:notes');
	cleanUp.push(() => link.lose(new PlatformError('CLOSED', 'over')));
	return link;
}

test('[W-5] a transaction reads its own writes, and another tab sees them only after the commit', async () => {
	const {
		tabs: [one, two],
		scope
	} = await tabs(2);
	let seenByTwo: Promise<unknown[]> | undefined;
	await one!.transaction(async (tx) => {
		await tx.exec(...add(scope, 'a'));
		seenByTwo = ids(two!);
		await tx.exec(...add(scope, 'b'));
		expect(await tx.exec('SELECT id FROM notes ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }]);
	});
	expect(await seenByTwo).toEqual(['a', 'b']);
});

test('[W-5] a transaction whose work fails leaves nothing, and the error is its own', async () => {
	const {
		tabs: [one],
		scope
	} = await tabs(1);
	const failing = one!.transaction(async (tx) => {
		await tx.exec(...add(scope, 'a'));
		throw new RangeError('mine');
	});
	await expect(failing).rejects.toThrow(new RangeError('mine'));
	expect(await ids(one!)).toEqual([]);
	const caught = one!.transaction(async (tx) => {
		await tx.exec(...add(scope, 'a'));
		await expect(tx.exec('INSERT INTO nowhere VALUES (1)')).rejects.toThrow(/nowhere/);
		await tx.exec(...add(scope, 'b'));
	});
	await caught;
	expect(await ids(one!)).toEqual(['a', 'b']);
});

test('[W-5] transactions of several tabs queue; none is lost', async () => {
	const { tabs: three, scope } = await tabs(3);
	await three[0]!.exec(...add(scope, 'counter'));
	const count = async (tx: Transaction) => {
		const [row] = await tx.exec<{ n: number }>("SELECT n FROM notes WHERE id = 'counter'");
		await tx.exec("UPDATE notes SET n = ? WHERE id = 'counter'", [row!.n + 1]);
	};
	await Promise.all(three.flatMap((tab) => Array.from({ length: 5 }, () => tab.transaction(count))));
	expect(await three[1]!.exec("SELECT n FROM notes WHERE id = 'counter'")).toEqual([{ n: 15 }]);
});

test('[W-6] a transaction opened inside another is refused at once', async () => {
	const {
		tabs: [one],
		scope
	} = await tabs(1);
	const nested = one!.transaction(async (tx) => {
		await tx.exec(...add(scope, 'a'));
		await one!.transaction(async () => {});
	});
	await expect(nested).rejects.toMatchObject({ code: 'NESTED' });
	expect(await ids(one!)).toEqual([]);
	await expect(one!.transaction((tx) => one!.transaction(() => tx.exec('SELECT 1')))).rejects.toMatchObject({
		code: 'NESTED'
	});
	await one!.transaction((tx) => tx.exec(...add(scope, 'b')));
	expect(await ids(one!)).toEqual(['b']);
});

test('[W-7] a write that comes again under its operation id is applied once, in replicated and in local tables', async () => {
	const {
		suite,
		tabs: [one],
		scope
	} = await tabs(1);
	const link = await dial(suite);
	const op = newOperation();
	for (let time = 0; time < 3; time++) {
		await link.call('exec', { op, sql: 'INSERT INTO notes (id, scope_id, n) VALUES (?, ?, 1)', params: ['a', scope] });
	}
	const local = newOperation();
	for (let time = 0; time < 3; time++) {
		await link.call('exec', { op: local, sql: 'INSERT INTO drafts VALUES (?, ?)', params: ['k', 'v'] });
	}
	expect(await one!.exec('SELECT count(*) AS n FROM notes')).toEqual([{ n: 1 }]);
	expect(await link.call('wasCommitted', { op })).toBe(true);
	expect(await link.call('wasCommitted', { op: newOperation() })).toBe(false);
	const scopeOp = newOperation();
	const made = await link.call('createScope', { op: scopeOp, kind: 'doc', name: 'once' });
	expect(await link.call('createScope', { op: scopeOp, kind: 'doc', name: 'once' })).toEqual(made);
	expect((await one!.scopes.list()).filter(({ kind }) => kind === 'doc').length).toBe(1);
});

test('[W-7] an operation of two days ago is refused, not run again', async () => {
	const { suite, scope } = await tabs(1);
	const link = await dial(suite);
	const old = `${(Date.now() - 2 * 86_400_000).toString(36).padStart(9, '0')}-${crypto.randomUUID()}`;
	await expect(
		link.call('exec', { op: old, sql: 'INSERT INTO notes (id, scope_id) VALUES (?, ?)', params: ['a', scope] })
	).rejects.toMatchObject({ code: 'TOO_OLD' });
});

test('[W-8] the engine goes away in mid-work: calls are answered by the next one, once', async () => {
	const {
		suite,
		tabs: [one],
		scope
	} = await tabs(1);
	const writes = Array.from({ length: 20 }, (_, n) => one!.exec(...add(scope, `w${String(n).padStart(2, '0')}`)));
	await suite.restart();
	await Promise.all(writes);
	expect((await ids(one!)).length).toBe(20);
});

test('[W-8] a transaction that loses its engine runs again, and a live query goes on with all rows', async () => {
	const {
		suite,
		tabs: [one],
		scope
	} = await tabs(1);
	const seen: { count: number; reset: boolean }[] = [];
	await one!.live('all', 'SELECT id FROM notes', [], (rows) =>
		seen.push({ count: rows.length, reset: rows.diff.reset })
	);
	let runs = 0;
	await one!.transaction(async (tx) => {
		runs++;
		await tx.exec(...add(scope, 'a'));
		if (runs === 1) await suite.restart();
		await tx.exec(...add(scope, 'b'));
	});
	expect(runs).toBe(2);
	expect(await ids(one!)).toEqual(['a', 'b']);
	await until(() => seen.at(-1)?.count === 2);
	expect(seen.filter(({ reset }) => reset).length).toBe(2);
});

test('[W-8] a transaction that loses its engine every time gives up after three runs', async () => {
	const {
		suite,
		tabs: [one],
		scope
	} = await tabs(1);
	let runs = 0;
	const hopeless = one!.transaction(async (tx) => {
		runs++;
		await tx.exec(...add(scope, 'a'));
		await suite.restart();
		await tx.exec(...add(scope, 'b'));
	});
	await expect(hopeless).rejects.toMatchObject({ code: 'LOST' });
	expect(runs).toBe(3);
	expect(await ids(one!)).toEqual([]);
});

/** An editor that shows what the handle says, as CodeMirror does. */
function editor(handle: TextHandle) {
	const state = { text: handle.text };
	handle.observe(({ changes, own }) => {
		if (!own) state.text = apply(state.text, changes);
	});
	const type = (at: number, insert: string) => {
		const changes = [[at, at, insert]] as const;
		state.text = apply(state.text, changes);
		return handle.edit(changes, handle.version);
	};
	return { state, type };
}

function apply(text: string, changes: readonly (readonly [number, number, string])[]): string {
	return changes.reduceRight((now, [from, to, insert]) => now.slice(0, from) + insert + now.slice(to), text);
}

test('[W-11] two tabs type into one text at once, an engine is lost in between: both show the same, nothing twice', async () => {
	const {
		suite,
		tabs: [one, two],
		scope
	} = await tabs(2);
	await one!.exec(...add(scope, 'a'));
	const left = await one!.text('notes', scope, 'a', 'body');
	const right = await two!.text('notes', scope, 'a', 'body');
	const a = editor(left);
	const b = editor(right);
	const typed: Promise<unknown>[] = [];
	for (let n = 0; n < 30; n++) {
		typed.push(a.type(0, `<${n}>`), b.type(b.state.text.length, `(${n})`));
		if (n === 15) await suite.restart();
		if (n % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
	}
	await Promise.all(typed);
	await Promise.all([left.saved(), right.saved()]);
	await until(() => left.text === right.text);
	expect(a.state.text).toBe(left.text);
	expect(b.state.text).toBe(right.text);
	for (let n = 0; n < 30; n++) {
		expect(left.text.split(`<${n}>`).length, `<${n}>`).toBe(2);
		expect(left.text.split(`(${n})`).length, `(${n})`).toBe(2);
	}
	expect(await one!.exec('SELECT body FROM notes')).toEqual([{ body: left.text }]);
	left.close();
	right.close();
});

test('[W-11] an edit on another version than the present one is stale and changes nothing', async () => {
	const {
		tabs: [one],
		scope
	} = await tabs(1);
	await one!.exec(...add(scope, 'a'));
	const handle = await one!.text('notes', scope, 'a', 'body');
	await handle.edit([[0, 0, 'hello']], handle.version);
	expect(await handle.edit([[0, 0, 'x']], handle.version - 1)).toEqual({
		ok: false,
		stale: true,
		version: handle.version
	});
	expect(handle.text).toBe('hello');
	handle.close();
});

test('[W-11] an edit that the engine refuses rejects, is taken back in the editor, and typing goes on', async () => {
	const {
		tabs: [one],
		scope
	} = await tabs(1);
	await one!.exec(...add(scope, 'a'));
	const handle = await one!.text('notes', scope, 'a', 'body');
	const shown = editor(handle);
	await shown.type(0, 'kept');
	await expect(shown.type(4, 'x'.repeat(20_000_000))).rejects.toMatchObject({ code: 'TEXT_TOO_LARGE' });
	expect(shown.state.text).toBe('kept');
	await shown.type(4, ' and more');
	expect(await one!.exec('SELECT body FROM notes')).toEqual([{ body: 'kept and more' }]);
	handle.close();
});

test('[W-11] the cursor of one tab shows in the other, moves with the text, and goes with its editor', async () => {
	const {
		tabs: [one, two],
		scope
	} = await tabs(2);
	await one!.exec(...add(scope, 'a'));
	const left = await one!.text('notes', scope, 'a', 'body');
	const right = await two!.text('notes', scope, 'a', 'body');
	await left.edit([[0, 0, 'hello']], left.version);
	await until(() => right.text === 'hello');
	let seen: readonly TextCursor[] = [];
	right.cursors((cursors) => (seen = cursors));
	left.setCursor({ anchor: 1, head: 5 });
	await until(() => seen[0]?.head === 5);
	expect(seen).toMatchObject([{ anchor: 1, head: 5, own: true }]);
	await right.edit([[0, 0, '>> ']], right.version);
	await until(() => seen[0]?.head === 8);
	left.close();
	await until(() => seen.length === 0);
	right.close();
});

test('[W-16] a live query that shows a text hears the words while somebody types on', async () => {
	const {
		tabs: [one, two],
		scope
	} = await tabs(2);
	await one!.exec(...add(scope, 'n'));
	const text = await one!.text('notes', scope, 'n', 'body');
	const lengths: number[] = [];
	await two!.live('bodies', 'SELECT id, length(body) AS letters FROM notes', [], (rows) => {
		lengths.push(Number(rows[0]?.['letters']));
	});
	await until(() => lengths.length > 0);
	// Never a pause: the next letter comes when the one before is durable.
	for (let n = 0; lengths.filter((length) => length > 0).length < 3; n++) {
		expect(n, 'letters typed before the query was told three times').toBeLessThan(30);
		await text.edit([[n, n, 'x']], text.version);
	}
	text.close();
});

test('a text of a row that is not there, or a column that is no text, is refused by name', async () => {
	const {
		tabs: [one],
		scope
	} = await tabs(1);
	await expect(one!.text('notes', scope, 'missing', 'body')).rejects.toMatchObject({ code: 'NO_ROW' });
	await one!.exec(...add(scope, 'a'));
	await expect(one!.text('notes', scope, 'a', 'title')).rejects.toMatchObject({ code: 'NO_COLUMN', column: 'title' });
});
