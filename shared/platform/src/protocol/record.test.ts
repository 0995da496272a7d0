import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, signingKeyPair, type KeyPair } from '../crypto/sign.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { decodeAccessOp, encodeAccessOp, joinStatement, type AccessOp } from './access-op.ts';
import { decodeBatch, encodeBatch, type BatchBody } from './batch.ts';
import { encode } from './cbor.ts';
import { epochSecrets, type EpochSecrets } from './epoch.ts';
import { ProtocolError } from './errors.ts';
import { LIMITS } from './limits.ts';
import {
	NO_RECORD,
	openRecord,
	recordHeader,
	sealRecord,
	signRecord,
	splitRecord,
	type RecordPlace
} from './record.ts';

const scopeId = new Uint8Array(32).fill(1);
let author: KeyPair;
let epoch: EpochSecrets;
let place: RecordPlace;

beforeAll(async () => {
	await cryptoReady();
	author = signingKeyPair(new Uint8Array(32).fill(2));
	epoch = epochSecrets(scopeId, new Uint8Array(32).fill(3));
	place = { log: 'data', tag: epoch.tag, author: author.publicKey, seq: 1, prev: NO_RECORD, keyId: epoch.keyId };
});

function codeOf(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		if (error instanceof ProtocolError || error instanceof CryptoError) return error.code;
		throw error;
	}
	return 'no error';
}

describe('records [C-14]', () => {
	test('come apart as they were put together', () => {
		const { bytes, hash } = sealRecord(place, epoch.content, utf8('content'), author.secretKey);
		const record = splitRecord(bytes);
		expect(record.header).toMatchObject({ v: 1, log: 'data', seq: 1, tag: epoch.tag, keyId: epoch.keyId });
		expect(record.hash).toEqual(hash);
		expect(record.hash).toEqual(sha256(record.headerBytes));
		expect(openRecord(record, epoch.content)).toEqual(utf8('content'));
		expect(recordHeader(bytes).header).toEqual(record.header);
	});

	test('T09 any flipped bit on the way is refused before anything is opened', () => {
		const { bytes } = sealRecord(place, epoch.content, utf8('content'), author.secretKey);
		for (let bit = 0; bit < bytes.length * 8; bit++) {
			const altered = bytes.slice();
			altered[bit >> 3]! ^= 1 << (bit & 7);
			expect(
				codeOf(() => splitRecord(altered)),
				`bit ${bit}`
			).not.toBe('no error');
		}
	});

	test('T10 the ciphertext of another record does not fit, even when its thief signs anew', () => {
		const first = splitRecord(sealRecord(place, epoch.content, utf8('pay Ada'), author.secretKey).bytes);
		const thief = signingKeyPair(new Uint8Array(32).fill(9));
		const stolen = signRecord({ ...place, author: thief.publicKey }, first.ciphertext, thief.secretKey);
		expect(codeOf(() => openRecord(splitRecord(stolen.bytes), epoch.content))).toBe('WRONG_KEY');
		const moved = signRecord({ ...place, seq: 2, prev: first.hash }, first.ciphertext, author.secretKey);
		expect(codeOf(() => openRecord(splitRecord(moved.bytes), epoch.content))).toBe('WRONG_KEY');
	});

	test('T21 a record does not open in another scope, epoch or log', () => {
		const record = splitRecord(sealRecord(place, epoch.content, utf8('x'), author.secretKey).bytes);
		const otherEpoch = epochSecrets(scopeId, new Uint8Array(32).fill(4));
		const otherScope = epochSecrets(new Uint8Array(32), new Uint8Array(32).fill(3));
		expect(codeOf(() => openRecord(record, otherEpoch.content))).toBe('WRONG_KEY');
		expect(codeOf(() => openRecord(record, otherScope.content))).toBe('WRONG_KEY');
		const other = signRecord({ ...place, log: 'access' }, record.ciphertext, author.secretKey);
		expect(codeOf(() => openRecord(splitRecord(other.bytes), epoch.content))).toBe('WRONG_KEY');
	});

	test('a header that contradicts itself is refused', () => {
		const ciphertext = utf8('not sealed, not opened');
		const record = (change: object): Uint8Array => {
			const header = encode({ v: 1, ...place, size: ciphertext.length, body: sha256(ciphertext), ...change });
			return encode({ header, ciphertext, signature: sign(LABELS.signRecord, header, author.secretKey) });
		};
		expect(codeOf(() => splitRecord(record({})))).toBe('no error');
		expect(codeOf(() => splitRecord(record({ size: 1 })))).toBe('WRONG_SHAPE');
		expect(codeOf(() => splitRecord(record({ body: NO_RECORD })))).toBe('BAD_HASH');
		expect(codeOf(() => splitRecord(record({ seq: 0 })))).toBe('WRONG_SHAPE');
		expect(codeOf(() => splitRecord(record({ seq: 2 })))).toBe('WRONG_SHAPE');
		expect(codeOf(() => splitRecord(record({ prev: scopeId })))).toBe('WRONG_SHAPE');
		expect(codeOf(() => splitRecord(record({ v: 2 })))).toBe('UNKNOWN_VERSION');
		expect(codeOf(() => splitRecord(record({ log: 'other' })))).toBe('WRONG_SHAPE');
		expect(codeOf(() => splitRecord(record({ author: scopeId })))).toBe('BAD_SIGNATURE');
	});

	test('T26 a record above the limit is refused by its size', () => {
		expect(codeOf(() => splitRecord(new Uint8Array(LIMITS.record + 1)))).toBe('TOO_LARGE');
	});

	test('tag and key id say nothing: another epoch or scope shares neither', () => {
		const others = [
			epochSecrets(scopeId, new Uint8Array(32).fill(4)),
			epochSecrets(new Uint8Array(32), new Uint8Array(32).fill(3))
		];
		for (const other of others) {
			for (const key of Object.keys(epoch) as (keyof EpochSecrets)[])
				expect(toHex(other[key])).not.toBe(toHex(epoch[key]));
		}
		expect(new Set(Object.values(epoch).map(toHex)).size).toBe(Object.keys(epoch).length);
	});
});

const batch: BatchBody = {
	v: 1,
	grant: scopeId,
	heads: [scopeId],
	frontier: [[scopeId, 5]],
	count: 2,
	schema: scopeId,
	time: 1_700_000_000_000,
	changes: [
		['notes', 'id-1', '', null, 1, 1, 0],
		['notes', 'id-1', 'title', 'Hello', 1, 1, 1]
	],
	texts: [['notes', 'id-1', 'body', 3, new Uint8Array([0, 0])]]
};

describe('batches [C-15]', () => {
	test('come back as they were, with every kind of value', () => {
		expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
		const values = [null, 0, -1, 1.25, 2n ** 60n, 'text', new Uint8Array(3)];
		const many: BatchBody = { ...batch, changes: values.map((v, i) => ['t', 'id', `c${i}`, v, 1, 1, i]) };
		expect(decodeBatch(encodeBatch(many))).toEqual(many);
	});

	test('the wire has no place for a scope id: an extra field is refused [T42]', () => {
		expect(codeOf(() => decodeBatch(encode({ ...batch, scope: scopeId })))).toBe('WRONG_SHAPE');
		const change = [...batch.changes[0]!, 'doc:other'];
		expect(codeOf(() => decodeBatch(encode({ ...batch, changes: [change] })))).toBe('WRONG_SHAPE');
	});

	test('T26 more changes, heads or chains than allowed are refused', () => {
		const tooMany = Array.from({ length: LIMITS.changes + 1 }, (_, i) => ['t', 'i', 'c', null, 1, 1, i]);
		expect(codeOf(() => decodeBatch(encode({ ...batch, changes: tooMany })))).toBe('TOO_LARGE');
		const heads = Array.from({ length: LIMITS.heads + 1 }, () => scopeId);
		expect(codeOf(() => decodeBatch(encode({ ...batch, heads })))).toBe('TOO_LARGE');
		const frontier = Array.from({ length: LIMITS.chains + 1 }, () => [scopeId, 1]);
		expect(codeOf(() => decodeBatch(encode({ ...batch, frontier })))).toBe('TOO_LARGE');
		const longId: BatchBody = { ...batch, changes: [['t', 'x'.repeat(LIMITS.rowId + 1), 'c', null, 1, 1, 0]] };
		expect(codeOf(() => decodeBatch(encodeBatch(longId)))).toBe('TOO_LARGE');
	});

	test('T41 versions beyond what a number holds, negative or fractional ones are refused', () => {
		for (const wrong of [2n ** 62n, -1, 1.5, '1', null]) {
			const changes = [['notes', 'id', 'title', 'x', wrong, 1, 0]];
			expect(codeOf(() => decodeBatch(encode({ ...batch, changes } as object)))).toBe('WRONG_SHAPE');
		}
	});

	test('garbage never gets further than a ProtocolError', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
				expect(codeOf(() => decodeBatch(garbage))).not.toBe('no error');
				expect(codeOf(() => splitRecord(garbage))).not.toBe('no error');
				expect(codeOf(() => decodeAccessOp(garbage))).not.toBe('no error');
			}),
			{ numRuns: 1000 }
		);
	});
});

describe('access operations [C-16]', () => {
	const base = { v: 1 as const, grant: null, heads: [], time: 5 };
	const known: Exclude<AccessOp, { body: Uint8Array }>[] = [
		{
			...base,
			type: 'CREATE',
			body: { kind: 'doc', nonce: new Uint8Array(16), owner: scopeId, policy: [[scopeId, 'p']] }
		},
		{
			...base,
			type: 'CREATE',
			body: { kind: 'user', derived: { identity: scopeId, app: 'notes' }, owner: scopeId, policy: [] }
		},
		{
			...base,
			type: 'JOIN',
			scope: scopeId,
			body: { card: new Uint8Array(9), device: scopeId, deviceSignature: new Uint8Array(64) }
		},
		{
			...base,
			type: 'GRANT',
			grant: scopeId,
			scope: scopeId,
			body: { subject: scopeId, role: 'EDITOR', card: new Uint8Array(9), epochKeys: [[0, new Uint8Array(99)]] }
		},
		{ ...base, type: 'POLICY', grant: scopeId, scope: scopeId, body: { schema: scopeId, text: 'OWNER:RW' } }
	];
	test.each(known.map((op) => [op.type, op] as const))('%s comes back as it was', (_, op) => {
		expect(decodeAccessOp(encodeAccessOp(op))).toEqual(op);
	});

	test('a type of a later version is known by name and kept as bytes; an unknown one is refused', () => {
		const revoke = { ...base, type: 'REVOKE', scope: scopeId, body: { targets: [scopeId], cut: { a: 1 } } };
		expect(decodeAccessOp(encode(revoke))).toMatchObject({ type: 'REVOKE', body: encode(revoke.body) });
		expect(codeOf(() => decodeAccessOp(encode({ ...revoke, type: 'BECOME_OWNER' })))).toBe('UNKNOWN_VERSION');
	});

	test('T34 a role that does not exist cannot be granted', () => {
		const grant = { ...known[3]!, body: { ...known[3]!.body, role: 'SUPERUSER' } };
		expect(codeOf(() => decodeAccessOp(encode(grant)))).not.toBe('no error');
	});

	test('what a device signs to join names scope and pseudonym', () => {
		expect(joinStatement(scopeId, NO_RECORD)).not.toEqual(joinStatement(NO_RECORD, scopeId));
	});
});
