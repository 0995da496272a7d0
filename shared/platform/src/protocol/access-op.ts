/**
 * The content of a record of the access log: an operation on who may do what in a scope. Its id is the record's hash.
 *
 * CREATE, JOIN, GRANT and POLICY are in force. The further types are known by name so that a peer of a later version
 * can send them through us: they are kept and passed on, and have no effect here.
 */
import {
	array,
	bytes,
	bytesUpTo,
	decode,
	encode,
	int,
	map,
	nullable,
	oneOf,
	opaque,
	optional,
	text,
	tuple
} from './cbor.ts';
import { union, version, type Schema } from './cbor.ts';
import { LIMITS, MOST_INTEGER } from './limits.ts';

export type Role = 'OWNER' | 'EDITOR' | 'VIEWER';
export const ROLES: readonly Role[] = ['OWNER', 'EDITOR', 'VIEWER'];

/** Known by name, not yet in force. */
export const LATER_TYPES = ['EPOCH', 'REVOKE', 'LEAVE', 'ADOPT', 'TRANSFER', 'CHECKPOINT', 'DELETE'] as const;
export type LaterType = (typeof LATER_TYPES)[number];

/** Fields that every operation has. */
interface OpBase {
	v: 1;
	/** The grant under which the author acts; null for CREATE, and for JOIN, which acts under none. */
	grant: Uint8Array | null;
	/** Heads of the access log that the author saw. */
	heads: Uint8Array[];
	/** Milliseconds since 1970 by the author's clock, for display only. */
	time: number;
}

export interface CreateOp extends OpBase {
	type: 'CREATE';
	body: {
		/** Such as `doc`, `folder`, `user`, `account`. */
		kind: string;
		/** 16 random bytes, in a scope that is created once. */
		nonce?: Uint8Array;
		/** Instead of the nonce in a personal scope, which every device of the person derives alike. */
		derived?: { identity: Uint8Array; app: string };
		/** Identity that holds the root grant. */
		owner: Uint8Array;
		/** Parsed policy text by schema hash. */
		policy: [schema: Uint8Array, text: string][];
	};
}

export interface JoinOp extends OpBase {
	type: 'JOIN';
	scope: Uint8Array;
	body: {
		/** The identity card that certifies the device (identity/card.ts). */
		card: Uint8Array;
		/** Public signing key of the device. */
		device: Uint8Array;
		/** By the device, over `joinStatement(scope, pseudonym)`. The pseudonym is the record's author. */
		deviceSignature: Uint8Array;
	};
}

export interface GrantOp extends OpBase {
	type: 'GRANT';
	scope: Uint8Array;
	body: {
		/** Identity that receives the role. */
		subject: Uint8Array;
		role: Role;
		/** Card of the subject: its agreement key is what the epoch keys are sealed to. */
		card: Uint8Array;
		/** Keys of epochs that the subject may read: number, key sealed to the subject's agreement key. */
		epochKeys: [epoch: number, sealed: Uint8Array][];
	};
}

export interface PolicyOp extends OpBase {
	type: 'POLICY';
	scope: Uint8Array;
	body: { schema: Uint8Array; text: string };
}

/** `body` is the encoded value as received. */
export interface LaterOp extends OpBase {
	type: LaterType;
	scope: Uint8Array;
	body: Uint8Array;
}

export type AccessOp = CreateOp | JoinOp | GrantOp | PolicyOp | LaterOp;

const base = {
	v: version(1),
	grant: nullable(bytes(32)),
	heads: array(bytes(32), LIMITS.heads),
	time: int(0, MOST_INTEGER)
};
const inScope = { ...base, scope: bytes(32) };
const identifier = text(LIMITS.identifier);

const createSchema: Schema<CreateOp> = map({
	...base,
	type: oneOf('CREATE'),
	body: map({
		kind: identifier,
		nonce: optional(bytes(16)),
		derived: optional(map({ identity: bytes(32), app: identifier })),
		owner: bytes(32),
		policy: array(tuple(bytes(32), text(LIMITS.policy)), LIMITS.policies)
	})
});

const joinSchema: Schema<JoinOp> = map({
	...inScope,
	type: oneOf('JOIN'),
	body: map({ card: bytesUpTo(LIMITS.card), device: bytes(32), deviceSignature: bytes(64) })
});

const grantSchema: Schema<GrantOp> = map({
	...inScope,
	type: oneOf('GRANT'),
	body: map({
		subject: bytes(32),
		role: oneOf(...ROLES),
		card: bytesUpTo(LIMITS.card),
		epochKeys: array(tuple(int(0, MOST_INTEGER), bytesUpTo(1024)), LIMITS.epochKeys)
	})
});

const policySchema: Schema<PolicyOp> = map({
	...inScope,
	type: oneOf('POLICY'),
	body: map({ schema: bytes(32), text: text(LIMITS.policy) })
});

const laterSchema: Schema<LaterOp> = map({
	...inScope,
	type: oneOf(...LATER_TYPES),
	body: opaque(LIMITS.accessOp)
});

const accessOpSchema: Schema<AccessOp> = union({
	CREATE: createSchema,
	JOIN: joinSchema,
	GRANT: grantSchema,
	POLICY: policySchema,
	EPOCH: laterSchema,
	REVOKE: laterSchema,
	LEAVE: laterSchema,
	ADOPT: laterSchema,
	TRANSFER: laterSchema,
	CHECKPOINT: laterSchema,
	DELETE: laterSchema
});

export function encodeAccessOp(op: Exclude<AccessOp, LaterOp>): Uint8Array {
	return encode(op);
}

/** Throws ProtocolError. */
export function decodeAccessOp(content: Uint8Array): AccessOp {
	return decode(content, accessOpSchema, LIMITS.accessOp);
}

/** What a device signs (label `signJoin`) to say that a pseudonym in a scope is its own. */
export function joinStatement(scopeId: Uint8Array, pseudonym: Uint8Array): Uint8Array {
	return encode({ scope: scopeId, pseudonym });
}
