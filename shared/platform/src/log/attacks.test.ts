/** What a collaborator, a relay or a mailbox may try against a scope's log. Numbers are those of the threat catalogue. */
import * as Y from 'yjs';
import { beforeEach, describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, signingKeyPair, type KeyPair } from '../crypto/sign.ts';
import type { PersonKeys } from '../identity/index.ts';
import { encodeAccessOp, joinStatement, type JoinOp } from '../protocol/access-op.ts';
import { encodeBatch, type Change, type TextUpdate } from '../protocol/batch.ts';
import { encode } from '../protocol/cbor.ts';
import { NO_RECORD, recordHeader, signRecord, splitRecord } from '../protocol/record.ts';
import { makeId } from '../protocol/row-id.ts';
import { Forger, grantsOf } from '../testing/forge.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { deliver, exchange, openTestReplica, testClock, type TestReplica } from '../testing/replica.ts';
import { textClientId } from './text-clients.ts';

const random = new Random(11);
const clock = testClock();
const people = Promise.all(['Alice', 'Bob', 'Carol'].map((name) => new TestPerson(name, random, clock).device()));

let alice: TestReplica;
let bob: TestReplica;
let carol: TestReplica;
let scope: string;
let name: string;

/** Alice owns `doc:plan` with one block in it; Bob edits, Carol views; all have all of it. */
beforeEach(async () => {
	const [a, b, c] = await people;
	alice = await openTestReplica({ person: a!, clock, random });
	bob = await openTestReplica({ person: b!, clock, random });
	carol = await openTestReplica({ person: c!, clock, random });
	const made = alice.replica.createScope('doc', { name: 'plan' });
	scope = toHex(made.id);
	name = made.scope;
	alice.replica.grant(name, b!.card, 'EDITOR');
	alice.replica.grant(name, c!.card, 'VIEWER');
	alice.replica.run('INSERT INTO blocks (id, scope_id, title, pos) VALUES (?, ?, ?, ?)', ['one', name, 'first', 1]);
	for (const { replica } of [bob, carol]) {
		replica.joinScope(alice.replica.directory()[0]!);
		exchange(alice.replica, replica, scope);
	}
	exchange(bob.replica, carol.replica, scope);
	exchange(alice.replica, bob.replica, scope);
});

const titles = ({ replica }: TestReplica) =>
	replica
		.run('SELECT id, title FROM blocks WHERE scope_id = ? ORDER BY id', [name])
		.rows.map(([id, title]) => `${id} ${title}`);
const cell = (
	value: string,
	parts: Partial<{ table: string; id: string; column: string; version: number; length: number; seq: number }> = {}
): Change => {
	const { table = 'blocks', id = 'one', column = 'title', version = 2, length = 1, seq = 0 } = parts;
	return [table, id, column, value, version, length, seq];
};
/** Everything the scope's tables and the engine's tables hold, to show that nothing changed. */
const tables = ({ database }: TestReplica) =>
	['blocks', 'blocks__crsql_clock', 'blocks__crsql_pks', 'facts', 'texts', 'slf_scopes', 'slf_epochs'].map((table) =>
		database.all(`SELECT * FROM ${table}`)
	);

describe('what roles allow', () => {
	test('T34 [A-18] a viewer cannot write: not by SQL, and a batch forged past the guard is refused by everybody', () => {
		expect(() => carol.replica.run('UPDATE blocks SET title = ?', ['mine'])).toThrow(
			expect.objectContaining({ code: 'DENIED', table: 'blocks', scope: name, role: 'VIEWER' })
		);
		const forged = new Forger(carol, name).batch({ changes: [cell('mine')] });
		for (const victim of [alice, bob]) {
			const before = tables(victim);
			expect(victim.replica.receive(scope, [forged])).toMatchObject({ applied: 0, refused: [{ rule: 'R1' }] });
			expect(tables(victim)).toEqual(before);
			expect(victim.replica.refusals()[0]).toMatchObject({ author: carol.replica.identity, rule: 'R1', scope: name });
		}
	});

	test('T34 [A-11] an editor or viewer cannot promote itself, nor write as if it had', async () => {
		const cards = (await people).map(({ card }) => card);
		for (const [attacker, card] of [
			[bob, cards[1]!],
			[carol, cards[2]!]
		] as const) {
			const forger = new Forger(attacker, name);
			const grant = forger.operation({
				type: 'GRANT',
				body: { subject: fromHex(attacker.replica.identity), role: 'OWNER', card, epochKeys: [] }
			});
			const batch = forger.batch({ grant: splitRecord(grant).hash, changes: [cell('owned')] });
			const { refused } = alice.replica.receive(scope, [grant, batch]);
			expect(refused.map(({ rule }) => rule)).toEqual(['R1', 'R1']);
			expect(() => attacker.replica.grant(name, cards[0]!, 'VIEWER')).toThrow(
				expect.objectContaining({ code: 'DENIED' })
			);
		}
		expect(titles(alice)).toEqual(['one first']);
		expect(
			alice.replica
				.members(name)
				.map(({ role }) => role)
				.sort()
		).toEqual(['EDITOR', 'OWNER', 'VIEWER']);
	});

	test('T35 [A-11] a batch under the grant of another is refused', () => {
		const grant = fromHex(grantsOf(alice, fromHex(scope)).find(({ own }) => own)!.grant);
		const forged = new Forger(carol, name).batch({ grant, changes: [cell('mine')] });
		expect(alice.replica.receive(scope, [forged]).refused).toMatchObject([{ rule: 'R1' }]);
		expect(titles(alice)).toEqual(['one first']);
	});

	test('T06 [A-10] a server cannot add a member: a GRANT by a key that no member vouches for has no effect', async () => {
		const mallory = await new TestPerson('Mallory', random, clock).device();
		const forger = new Forger(alice, name);
		const body = { subject: mallory.identity, role: 'OWNER' as const, card: mallory.card, epochKeys: [] };
		// Even if the server had the scope's key: the signature is not of a pseudonym that a certified device joined.
		const stranger = signingKeyPair(random.bytes(32));
		const place = { author: stranger.publicKey, seq: 1, prev: NO_RECORD };
		const inAlicesName = forger.operation({ type: 'GRANT', body }, place);
		const { header, ciphertext } = recordHeader(inAlicesName);
		const { refused } = bob.replica.receive(scope, [
			inAlicesName,
			signRecord(header, ciphertext, stranger.secretKey).bytes
		]);
		expect(refused.map(({ rule }) => rule)).toEqual(['R0', 'R0']);
		expect(bob.replica.members(name).map(({ identity }) => identity)).not.toContain(toHex(mallory.identity));
		expect(bob.replica.members(name)).toHaveLength(3);
	});

	test('T22 [A-10] nobody joins as another: a card is public, but the device has to sign', async () => {
		const [a, , c] = (await people) as [PersonKeys, PersonKeys, PersonKeys];
		const attempt = (join: (forger: Forger, pair: KeyPair) => JoinOp['body'], scopeId?: Uint8Array) => {
			const pair = signingKeyPair(random.bytes(32));
			const forger = new Forger(carol, name, pair);
			const op = {
				type: 'JOIN' as const,
				grant: null,
				body: join(forger, pair),
				...(scopeId ? { scope: scopeId } : {})
			};
			const records = [forger.operation(op), forger.batch({ grant: forger.scope, changes: [cell('as Alice')] })];
			const { refused } = alice.replica.receive(scope, records);
			expect(alice.replica.inspect(scope).bindingOf(toHex(pair.publicKey))).toBeUndefined();
			return refused.map(({ reason }) => reason);
		};
		const signed = (scopeId: Uint8Array, pair: KeyPair, device: KeyPair) =>
			sign(LABELS.signJoin, joinStatement(scopeId, pair.publicKey), device.secretKey);
		// Alice's card and device, signed by Carol's.
		const stolen = (forger: Forger, pair: KeyPair) => ({
			card: a.card,
			device: a.device.publicKey,
			deviceSignature: signed(forger.scope, pair, c.device)
		});
		expect(attempt(stolen)).toEqual(['a JOIN that the device did not sign']);
		// Alice's card, Carol's device.
		const mixed = (forger: Forger, pair: KeyPair) => ({
			card: a.card,
			device: c.device.publicKey,
			deviceSignature: signed(forger.scope, pair, c.device)
		});
		expect(attempt(mixed)).toEqual(['a JOIN of a device that is not on the card']);
		// What a device signed for another scope or pseudonym.
		const replayed = (_: Forger, pair: KeyPair) => ({
			card: c.card,
			device: c.device.publicKey,
			deviceSignature: signed(random.bytes(32), pair, c.device)
		});
		expect(attempt(replayed)).toEqual(['a JOIN that the device did not sign']);
		const honest = (forger: Forger, pair: KeyPair) => ({
			card: c.card,
			device: c.device.publicKey,
			deviceSignature: signed(forger.scope, pair, c.device)
		});
		expect(attempt(honest, random.bytes(32))).toEqual(['an operation of another scope']);
		expect(titles(alice)).toEqual(['one first']);
	});

	test('T22 [A-12] nobody creates a scope again under its id, with himself as owner', () => {
		const forger = new Forger(bob, name);
		const body = { kind: 'doc', nonce: random.bytes(16), owner: fromHex(bob.replica.identity), policy: [] };
		const create = encodeAccessOp({ v: 1, type: 'CREATE', grant: null, heads: [], time: 0, body });
		expect(alice.replica.receive(scope, [forger.record('access', create)]).refused).toMatchObject([{ rule: 'R0' }]);
		expect(alice.replica.members(name).find(({ role }) => role === 'OWNER')).toMatchObject({ self: true });
		expect(alice.replica.members(name).filter(({ role }) => role === 'OWNER')).toHaveLength(1);
	});

	test('T83 [A-21] nobody writes over a WRITE_ONCE cell of another, whatever value would win', () => {
		const id = makeId(fromHex(alice.replica.identity), clock(), 0);
		alice.replica.run('INSERT INTO facts (id, scope_id, fact, note) VALUES (?, ?, ?, ?)', [id, name, 'true', null]);
		deliver(alice.replica, bob.replica, scope);
		const forger = new Forger(bob, name);
		const attempts: Change[][] = [
			[cell('zzz', { table: 'facts', id, column: 'fact', version: 1 })],
			[cell('zzz', { table: 'facts', id, column: 'fact', version: 2 })],
			// As a whole row it would pass for an insertion, if the id did not name its maker.
			[
				cell('zzz', { table: 'facts', id, column: 'fact', version: 1 }),
				cell('zzz', { table: 'facts', id, column: 'note', version: 1, seq: 1 })
			],
			[cell('zzz', { table: 'facts', id, column: 'fact', version: 1, length: 3 })],
			[
				['facts', id, '', null, 2, 2, 0],
				cell('zzz', { table: 'facts', id, column: 'fact', version: 1, length: 3, seq: 1 })
			]
		];
		for (const changes of attempts) {
			expect(alice.replica.receive(scope, [forger.batch({ changes })]).refused).toHaveLength(1);
		}
		expect(alice.replica.run('SELECT fact FROM facts').rows).toEqual([['true']]);
		expect(() => alice.replica.run('UPDATE facts SET fact = ?', ['other'])).toThrow();
	});

	test('T83 [A-21] a WRITE_ONCE row does not come back with another value, not even for its maker', () => {
		const id = makeId(fromHex(bob.replica.identity), clock(), 0);
		const insert = 'INSERT INTO facts (id, scope_id, fact) VALUES (?, ?, ?)';
		bob.replica.run(insert, [id, name, 'said once']);
		deliver(bob.replica, alice.replica, scope);
		const forger = new Forger(bob, name);
		const again: Change[] = [
			['facts', id, '', null, 3, 3, 0],
			cell('said again', { table: 'facts', id, column: 'fact', version: 1, length: 3, seq: 1 }),
			['facts', id, 'note', null, 1, 3, 2]
		];
		expect(alice.replica.receive(scope, [forger.batch({ changes: again })]).refused).toMatchObject([{ rule: 'R9' }]);
		bob.replica.run('DELETE FROM facts');
		expect(() => bob.replica.run(insert, [id, name, 'said again'])).toThrow(
			expect.objectContaining({ code: 'REFUSED' })
		);
	});

	test('[A-19] a column that a policy gives to owners alone is refused of an editor, here and there', () => {
		const id = makeId(fromHex(bob.replica.identity), clock(), 0);
		bob.replica.run('INSERT INTO facts (id, scope_id, fact, note) VALUES (?, ?, ?, ?)', [id, name, 'b', 'first']);
		deliver(bob.replica, alice.replica, scope);
		expect(() => bob.replica.run('UPDATE facts SET note = ?', ['second'])).toThrow(
			expect.objectContaining({ code: 'DENIED', role: 'EDITOR', table: 'facts' })
		);
		const forged = new Forger(bob, name).batch({ changes: [cell('second', { table: 'facts', id, column: 'note' })] });
		expect(alice.replica.receive(scope, [forged]).refused).toMatchObject([{ rule: 'R1' }]);
		alice.replica.run('UPDATE facts SET note = ?', ['by the owner']);
	});
});

describe('what a batch can say', () => {
	test('T42 [G-5] a write into another scope cannot be expressed: the scope is never on the wire', () => {
		const personal = alice.replica.personalScope();
		alice.replica.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', ['mine', personal, 'private']);
		const forger = new Forger(bob, name);
		const attempts: Change[] = [
			cell(personal, { column: 'scope_id' }),
			cell(personal, { column: 'id' }),
			cell('stolen', { id: `${personal}\0mine` }),
			cell('stolen', { id: 'mine', version: 1 }),
			cell('stolen', { id: '\x0b\x04user\x0b\x04mine', version: 1 }),
			cell('stolen', { id: 'x'.repeat(200), version: 1 })
		];
		for (const change of attempts) alice.replica.receive(scope, [forger.batch({ changes: [change] })]);
		expect(alice.replica.run('SELECT id, title FROM blocks WHERE scope_id = ?', [personal]).rows).toEqual([
			['mine', 'private']
		]);
		expect(alice.replica.run('SELECT DISTINCT scope_id FROM blocks ORDER BY 1').rows.flat()).toEqual(
			[name, personal].sort()
		);
		// Ids of 128 bytes and more take a longer form in the packed key; the engine packs it, so it is the right row.
		expect(alice.replica.run('SELECT title FROM blocks WHERE id = ?', ['x'.repeat(200)]).rows).toEqual([['stolen']]);
	});

	test('T21 [G-4] an envelope of one scope is nothing in another, even where the attacker is in both', async () => {
		const other = alice.replica.createScope('doc', { name: 'other' });
		alice.replica.grant(other.scope, (await people)[1]!.card, 'EDITOR');
		bob.replica.joinScope(alice.replica.directory().find(({ id }) => id === toHex(other.id))!);
		exchange(alice.replica, bob.replica, toHex(other.id));
		bob.replica.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', ['b', name, 'for the plan']);
		const [record] = bob.replica.ownSince(scope, { access: 1, data: 0 }, 1e6);
		expect(alice.replica.receive(toHex(other.id), [record!]).refused).toMatchObject([{ rule: 'R0' }]);
		// Re-labelled and signed again by Bob himself it is still sealed for the place that it was made for.
		const { header, ciphertext } = recordHeader(record!);
		const inOther = new Forger(bob, other.scope);
		const { tag, keyId } = inOther.secrets;
		const place = { ...header, tag, keyId, author: inOther.pseudonym };
		const moved = signRecord(place, ciphertext, inOther.secretKey).bytes;
		expect(alice.replica.receive(toHex(other.id), [moved]).refused).toMatchObject([{ rule: 'R0' }]);
		expect(alice.replica.run('SELECT * FROM blocks WHERE scope_id = ?', [other.scope]).rows).toEqual([]);
	});

	test('T21 [G-4] a record filed under the tag of another scope is refused, even signed by a member', () => {
		const forger = new Forger(bob, name);
		const { tag } = new Forger(bob, bob.replica.personalScope()).secrets;
		const body = forger.read(forger.batch({ changes: [cell('misfiled')] }));
		const misfiled = new Forger(bob, name).record('data', encodeBatch(body), { tag });
		expect(alice.replica.receive(scope, [misfiled])).toMatchObject({ applied: 0, refused: [{ rule: 'R0' }] });
		expect(titles(alice)).toEqual(['one first']);
	});

	test('T10 [G-4] ciphertexts swapped between two records are refused before anything is opened', () => {
		bob.replica.run('UPDATE blocks SET title = ?', ['second']);
		bob.replica.run('UPDATE blocks SET title = ?', ['third!']);
		const [first, second] = new Forger(bob, name)
			.own('data')
			.slice(-2)
			.map((bytes) => splitRecord(bytes));
		const swap = (a: typeof first, b: typeof second) =>
			encode({ header: a!.headerBytes, ciphertext: b!.ciphertext, signature: a!.signature });
		const result = alice.replica.receive(scope, [swap(first, second), swap(second, first)]);
		expect(result).toMatchObject({ applied: 0, held: 0 });
		expect(result.refused.map(({ rule }) => rule)).toEqual(['R0', 'R0']);
		expect(titles(alice)).toEqual(['one first']);
	});

	test("T41 [A-22] a version of 2^53 is held, and the cell stays everybody's to write", () => {
		const forger = new Forger(bob, name);
		const most = Number.MAX_SAFE_INTEGER;
		for (const changes of [
			[cell('for ever', { version: most })],
			[cell('for ever', { version: 70_000 })],
			[['blocks', 'one', '', null, most - 1, most - 1, 0] as Change],
			[cell('back', { version: 1, length: most })]
		]) {
			expect(alice.replica.receive(scope, [forger.batch({ changes, count: 10_000 })])).toMatchObject({
				applied: 0,
				held: 1
			});
		}
		alice.replica.run('UPDATE blocks SET title = ?', ['still mine']);
		expect(titles(alice)).toEqual(['one still mine']);
		deliver(alice.replica, carol.replica, scope);
		expect(titles(carol)).toEqual(['one still mine']);
	});

	test('T41 [A-22] versions within the growth of the scope are taken; a claim above 65,536 is refused', () => {
		const forger = new Forger(bob, name);
		expect(
			alice.replica.receive(scope, [forger.batch({ changes: [cell('jump', { version: 50 })], count: 100 })]).applied
		).toBe(1);
		expect(alice.replica.receive(scope, [forger.batch({ changes: [cell('x')], count: 65_537 })]).refused).toMatchObject(
			[{ rule: 'R9' }]
		);
		alice.replica.run('UPDATE blocks SET title = ?', ['after the jump']);
		exchange(alice.replica, carol.replica, scope);
		expect(titles(carol)).toEqual(['one after the jump']);
	});

	test('T41 [A-20] causal lengths and marks that contradict each other are refused', () => {
		const forger = new Forger(bob, name);
		const nonsense: Change[][] = [
			[cell('x', { length: 0 })],
			[cell('x', { version: 0 })],
			[cell('x', { length: 2 })],
			[cell('x'), cell('y', { column: 'pos', length: 3 })],
			[cell('x'), cell('y')],
			[['blocks', 'one', '', 'text', 2, 2, 0]],
			[['blocks', 'one', '', null, 1, 2, 0]],
			[['blocks', 'one', '', null, 3, 3, 0]],
			[cell('x', { seq: 2 ** 31 })],
			[cell('x', { id: '' })],
			[['blocks', 'one', 'pos', 'not a number', 2, 1, 0]],
			[['blocks', 'one', 'title', new Uint8Array(3), 2, 1, 0]]
		];
		const before = tables(alice);
		for (const changes of nonsense) {
			const result = alice.replica.receive(scope, [forger.batch({ changes })]);
			expect(
				result.refused.map(({ rule }) => rule),
				JSON.stringify(changes)
			).toEqual(['R9']);
		}
		expect(tables(alice)).toEqual(before);
	});

	test('T45 [G-16] a row brought back by halves is the same on devices that saw it deleted and on those that did not', () => {
		alice.replica.run('DELETE FROM blocks');
		const partial = new Forger(bob, name).batch({ changes: [cell('back', { version: 1, length: 3 })] });
		expect(alice.replica.receive(scope, [partial]).applied).toBe(1);
		expect(carol.replica.receive(scope, [partial]).applied).toBe(1);
		deliver(alice.replica, carol.replica, scope);
		for (const { replica } of [alice, carol]) {
			expect(replica.run('SELECT title, pos FROM blocks').rows).toEqual([['back', null]]);
			expect(replica.stateHash(scope)).toEqual(alice.replica.stateHash(scope));
		}
	});

	test('T43 T44 [A-20] no table or column but the declared ones, whatever its name says', () => {
		const forger = new Forger(bob, name);
		const names = [
			'slf_scopes',
			'slf_records',
			'sqlite_schema',
			'crsql_changes',
			'blocks__crsql_clock',
			'drafts',
			'BLOCKS',
			'blocks"; DROP TABLE blocks; --',
			'main.blocks',
			'',
			'peer_requests '
		];
		const before = tables(alice);
		for (const table of names) {
			const result = alice.replica.receive(scope, [forger.batch({ changes: [cell('x', { table })] })]);
			expect(
				result.refused.map(({ rule }) => rule),
				table
			).toEqual(['R9']);
		}
		for (const column of ['content', 'cursor', 'rowid', 'title"', "title') --", '-1', 'TITLE', 'nothing']) {
			const result = alice.replica.receive(scope, [forger.batch({ changes: [cell('x', { column })] })]);
			expect(
				result.refused.map(({ rule }) => rule),
				column
			).toEqual(['R9']);
		}
		expect(tables(alice)).toEqual(before);
		for (const { reason } of alice.replica.refusals()) expect(reason).not.toMatch(/[<>"'&]/);
	});

	test("T87 [A-23] text in another's name, with holes or with what is no text is refused", () => {
		const ref = { table: 'blocks', scope: name, id: 'one', column: 'content' };
		const { version } = alice.replica.text.open(ref);
		alice.replica.editText(ref, [[0, 0, 'hello']], version);
		deliver(alice.replica, bob.replica, scope);
		const forger = new Forger(bob, name);
		const update = (clientId: number, write: (doc: Y.Doc) => void) => {
			const doc = new Y.Doc();
			doc.clientID = clientId;
			write(doc);
			return Y.encodeStateAsUpdate(doc);
		};
		const typed = (doc: Y.Doc) => doc.getText('t').insert(0, 'forged');
		const aliceClient = textClientId(toHex(new Forger(alice, name).pseudonym), 1);
		const own = textClientId(toHex(forger.pseudonym), 9);
		const attempts: [number, Uint8Array][] = [
			[1, update(aliceClient, typed)],
			[9, update(aliceClient, typed)],
			[9, update(1, typed)],
			[9, update(own, (doc) => doc.getMap('other').set('a', 1))],
			[9, update(own, (doc) => doc.getText('t').insertEmbed(0, { a: 1 }))],
			[9, new Uint8Array([1, 2, 3])],
			[9, new Uint8Array(0)]
		];
		for (const [counter, bytes] of attempts) {
			const result = alice.replica.receive(scope, [
				forger.batch({ texts: [['blocks', 'one', 'content', counter, bytes]] })
			]);
			expect(result.refused.map(({ rule }) => rule)).toEqual(['R10']);
		}
		const elsewhere = forger.batch({ texts: [['blocks', 'one', 'title', 9, update(own, typed)]] });
		expect(alice.replica.receive(scope, [elsewhere]).refused).toMatchObject([{ rule: 'R9' }]);
		expect(alice.replica.text.open(ref).text).toBe('hello');
		const honest = forger.batch({ texts: [['blocks', 'one', 'content', 9, update(own, typed)]] });
		expect(alice.replica.receive(scope, [honest])).toMatchObject({ applied: 1, refused: [] });
	});
});

test('T87 [G-6] text does not overtake earlier text of its author that is held', () => {
	const forger = new Forger(bob, name);
	const doc = new Y.Doc();
	doc.clientID = textClientId(toHex(forger.pseudonym), 9);
	const type = (text: string): TextUpdate => {
		const before = Y.encodeStateVector(doc);
		doc.getText('t').insert(doc.getText('t').length, text);
		return ['blocks', 'one', 'content', 9, Y.encodeStateAsUpdate(doc, before)];
	};
	const held = forger.batch({ texts: [type('one ')], changes: [cell('jump', { version: 500 })], count: 10 });
	const after = forger.batch({ texts: [type('two')], count: 1 });
	const rows = forger.batch({ changes: [cell('overtakes')], count: 1 });
	expect(alice.replica.receive(scope, [held, after, rows])).toMatchObject({ applied: 1, held: 2 });
	expect(titles(alice)).toEqual(['one overtakes']);
	expect(alice.replica.receive(scope, [forger.batch({ count: 1000 })])).toMatchObject({ applied: 3 });
	expect(alice.replica.run('SELECT title, content FROM blocks').rows).toEqual([['jump', 'one two']]);
});

describe('what servers and peers do to delivery', () => {
	test(
		'T20 [G-7] a thousand deliveries in any order, with repetitions, end in the same state',
		{ timeout: 60_000 },
		() => {
			for (let count = 0; count < 40; count++) {
				const writer = random.pick([alice, bob]);
				const id = random.pick(['one', 'two', 'three']);
				if (random.chance(0.2)) writer.replica.run('DELETE FROM blocks WHERE scope_id = ? AND id = ?', [name, id]);
				else {
					const sql =
						'INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title';
					writer.replica.run(sql, [id, name, `v${count}`]);
				}
				if (random.chance(0.2)) exchange(alice.replica, bob.replica, scope);
			}
			exchange(alice.replica, bob.replica, scope);
			const all = alice.replica.missing(scope, { access: [], data: [] }, 1e9);
			for (let count = 0; count < 1000; count++) carol.replica.receive(scope, [random.pick(all)]);
			carol.replica.receive(scope, random.shuffled([...all, ...all]));
			for (const other of [bob, carol]) expect(other.replica.stateHash(scope)).toEqual(alice.replica.stateHash(scope));
			expect(titles(carol)).toEqual(titles(alice));
			expect(carol.replica.refusals()).toEqual([]);
		}
	);

	test('T18 T19 [G-8] whoever withholds batches of a device is found out by the next batch of any other', () => {
		bob.replica.run('UPDATE blocks SET title = ?', ['withheld 1']);
		bob.replica.run('UPDATE blocks SET title = ?', ['withheld 2']);
		deliver(bob.replica, alice.replica, scope);
		alice.replica.run('UPDATE blocks SET pos = 7');
		const bobsPseudonym = toHex(new Forger(bob, name).pseudonym);
		const fromMailbox = alice.replica
			.missing(scope, carol.replica.frontier(scope), 1e9)
			.filter((bytes) => toHex(recordHeader(bytes).header.author) !== bobsPseudonym);
		carol.replica.receive(scope, fromMailbox);
		expect(carol.replica.gaps(scope)).toEqual([{ author: bobsPseudonym, have: 0, claimed: 2 }]);
		deliver(alice.replica, carol.replica, scope);
		expect(carol.replica.gaps(scope)).toEqual([]);
	});

	test('T19 [G-6] a batch that is withheld from the middle of a chain is waited for; what comes behind it is kept', () => {
		for (const title of ['1', '2', '3']) bob.replica.run('UPDATE blocks SET title = ?', [title]);
		const [first, second, third] = new Forger(bob, name).own('data');
		expect(alice.replica.receive(scope, [third!])).toMatchObject({ applied: 0, held: 1 });
		expect(alice.replica.receive(scope, [first!])).toMatchObject({ applied: 1 });
		expect(titles(alice)).toEqual(['one 1']);
		const ranges = alice.replica
			.frontier(scope)
			.data.find(([author]) => toHex(author) === toHex(new Forger(bob, name).pseudonym));
		expect(ranges![1]).toEqual([
			[1, 1],
			[3, 3]
		]);
		expect(alice.replica.receive(scope, [second!]).applied).toBe(2);
		expect(titles(alice)).toEqual(['one 3']);
	});

	test('T23 [G-6] two records at one place of a chain are noticed, and the second is not taken', () => {
		const honest = new Forger(bob, name);
		const twin = new Forger(bob, name);
		expect(alice.replica.receive(scope, [honest.batch({ changes: [cell('a')] })]).applied).toBe(1);
		expect(alice.replica.receive(scope, [twin.batch({ changes: [cell('b')] })]).refused).toMatchObject([
			{ rule: 'R4' }
		]);
		expect(alice.replica.receive(scope, [twin.batch({ changes: [cell('c', { version: 3 })] })]).refused).toMatchObject([
			{ rule: 'R4' }
		]);
		expect(titles(alice)).toEqual(['one a']);
	});

	test('[G-6] a refused batch stays in its chain and is passed on; what its author writes after it is judged on its own', () => {
		const forger = new Forger(bob, name);
		const bad = forger.batch({ changes: [cell('x', { table: 'slf_scopes' })] });
		const good = forger.batch({ changes: [cell('good')] });
		alice.replica.receive(scope, [bad, good]);
		expect(titles(alice)).toEqual(['one good']);
		expect(deliver(alice.replica, carol.replica, scope)).toMatchObject({ refused: [{ rule: 'R9' }] });
		expect(titles(carol)).toEqual(['one good']);
		expect(carol.replica.stateHash(scope)).toEqual(alice.replica.stateHash(scope));
	});

	test('T26 [G-9] a server that knows the tag cannot fill the log with records of made-up authors', () => {
		const { tag, keyId } = new Forger(alice, name).secrets;
		const before = alice.database.value('SELECT count(*) FROM slf_records');
		const junk = Array.from({ length: 20 }, (_, index) => {
			const { publicKey, secretKey } = signingKeyPair(random.bytes(32));
			const [seq, log] = [index % 2 === 0 ? 1 : 5, index % 3 === 0 ? 'access' : 'data'] as const;
			const prev = seq === 1 ? NO_RECORD : random.bytes(32);
			return signRecord({ log, tag, keyId, author: publicKey, seq, prev }, random.bytes(300), secretKey).bytes;
		});
		expect(alice.replica.receive(scope, junk)).toMatchObject({ applied: 0, held: 0 });
		expect(alice.database.value('SELECT count(*) FROM slf_records')).toBe(before);
		expect(alice.database.value('SELECT count(*) FROM slf_authors')).toBe(alice.replica.scopes().length + 2);
	});

	test('[G-9] bytes that are no record are refused, counted, shown, and the list stays short', () => {
		const junk = Array.from({ length: 300 }, (_, index) => random.bytes(index));
		expect(alice.replica.receive(scope, junk).refused).toHaveLength(300);
		expect(alice.replica.refusals()).toHaveLength(200);
		const [record] = new Forger(alice, name).own('data');
		const damaged = record!.slice();
		damaged[damaged.length - 5]! ^= 1;
		expect(bob.replica.receive(scope, [damaged]).refused).toHaveLength(1);
	});
});
