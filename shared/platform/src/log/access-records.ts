/**
 * Between records of the access log and the operations that the rules look at: signatures inside are checked here, so
 * that access/ stays free of cryptography.
 */
import type { AccessOperation, Hex } from '../access/operation.ts';
import { parseDeclaration, type Declaration } from '../access/policy.ts';
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { labelledHash } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, verify, type KeyPair } from '../crypto/sign.ts';
import { verifyCard, type IdentityCard } from '../identity/card.ts';
import { decodeAccessOp, encodeAccessOp, joinStatement, type AccessOp, type CreateOp } from '../protocol/access-op.ts';
import type { RecordHeader, SplitRecord } from '../protocol/record.ts';
import { openRecord } from './open-record.ts';
import type { Scope } from './scope.ts';

/** The true id of a scope that is created: everything its CREATE says, hashed. */
export function scopeIdOf(create: CreateOp): Uint8Array {
	return labelledHash(LABELS.scopeGenesis, encodeAccessOp(create));
}

/**
 * What a record of the access log says, with everything in it verified; undefined while its epoch's key is missing.
 * Never throws: what is signed but not right is MALFORMED, an operation that everybody refuses alike.
 */
export function readOperation(
	scope: Scope,
	record: Pick<SplitRecord, 'header' | 'ciphertext'>,
	hash: Uint8Array
): AccessOperation | undefined {
	const opened = openRecord(scope, record);
	if (opened.status === 'no-key') return undefined;
	return toOperation(scope, record.header, hash, opened.status === 'open' ? opened.content : new Uint8Array(0));
}

function toOperation(scope: Scope, header: RecordHeader, hash: Uint8Array, content: Uint8Array): AccessOperation {
	const place = {
		hash: toHex(hash),
		author: toHex(header.author),
		seq: header.seq,
		prev: header.seq === 1 ? undefined : toHex(header.prev),
		grant: undefined,
		heads: [],
		time: 0
	};
	const malformed = (reason: string): AccessOperation => ({ ...place, type: 'MALFORMED', reason });
	let op: AccessOp;
	try {
		op = decodeAccessOp(content);
	} catch {
		return malformed('an access operation that cannot be read');
	}
	const said = {
		...place,
		grant: op.grant ? toHex(op.grant) : undefined,
		heads: op.heads.map(toHex),
		time: op.time
	};
	if (op.type === 'CREATE') {
		if (!equalBytes(scopeIdOf(op), scope.row.id)) return malformed('it creates another scope than this');
		const policies = op.body.policy.map(([schema, text]) => [toHex(schema), parseDeclaration(text)] as const);
		if (!policies.every(isDeclared)) return malformed('a policy that cannot be read');
		return { ...said, type: 'CREATE', kind: op.body.kind, owner: toHex(op.body.owner), policies };
	}
	// A key may be known to members of another scope too; an operation belongs to the one that it names.
	if (!equalBytes(op.scope, scope.row.id)) return malformed('an operation of another scope');
	switch (op.type) {
		case 'JOIN': {
			const { card, device, deviceSignature } = op.body;
			const verified = verifyCard(card);
			if (!verified.ok) return malformed('a JOIN with an identity card that does not verify');
			if (!verified.devices.has(toHex(device))) return malformed('a JOIN of a device that is not on the card');
			if (!verify(LABELS.signJoin, joinStatement(scope.row.id, header.author), deviceSignature, device)) {
				return malformed('a JOIN that the device did not sign');
			}
			noteNames(scope, verified);
			return { ...said, type: 'JOIN', identity: toHex(verified.identity), device: toHex(device) };
		}
		case 'GRANT': {
			const verified = verifyCard(op.body.card);
			if (!verified.ok || !equalBytes(verified.identity, op.body.subject)) {
				return malformed("a GRANT with a card that is not the subject's");
			}
			noteNames(scope, verified);
			return { ...said, type: 'GRANT', subject: toHex(op.body.subject), role: op.body.role };
		}
		case 'POLICY': {
			const declaration = parseDeclaration(op.body.text);
			if (!declaration) return malformed('a policy that cannot be read');
			return { ...said, type: 'POLICY', schema: toHex(op.body.schema), declaration };
		}
		default:
			return { ...said, type: 'NOTED' };
	}
}

function noteNames(scope: Scope, { identity, name, devices }: IdentityCard): void {
	if (name !== '') scope.names.set(toHex(identity), name);
	for (const [device, { name: deviceName }] of devices) scope.deviceNames.set(device, deviceName);
}

function isDeclared(entry: readonly [Hex, Declaration | undefined]): entry is readonly [Hex, Declaration] {
	return entry[1] !== undefined;
}

/** The content of a JOIN: this device says, with its certified key, that the pseudonym is its own. */
export function joinOp(
	scope: Scope,
	person: { card: Uint8Array; device: KeyPair },
	time: number,
	heads: Uint8Array[]
): Uint8Array {
	const statement = joinStatement(scope.row.id, scope.row.pseudonym.publicKey);
	return encodeAccessOp({
		v: 1,
		type: 'JOIN',
		scope: scope.row.id,
		grant: null,
		heads,
		time,
		body: {
			card: person.card,
			device: person.device.publicKey,
			deviceSignature: sign(LABELS.signJoin, statement, person.device.secretKey)
		}
	});
}
