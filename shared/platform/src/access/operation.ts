/**
 * What the rules look at: operations of the access log and batches of the data log, already opened and with every
 * signature and hash checked. Hashes and public keys are lower-case hex here, so that they can be keys of maps.
 */
import type { Change, TextUpdate } from '../protocol/batch.ts';
import type { Declaration } from './policy.ts';
import type { Role } from './roles.ts';

export type Hex = string;

interface OperationPlace {
	/** Hash of the record: the operation's name. */
	hash: Hex;
	/** Pseudonym of the device that signed it. */
	author: Hex;
	/** Place in the author's access chain, from 1. */
	seq: number;
	/** Hash of the operation before it in that chain; undefined at seq 1. */
	prev: Hex | undefined;
	/** The grant it acts under: hash of a GRANT, or the scope's id for the root grant. */
	grant: Hex | undefined;
	/** Heads of the access log that the author had seen. */
	heads: readonly Hex[];
	/** Milliseconds, for display only. */
	time: number;
}

export type AccessOperation = OperationPlace &
	/** Its content hashes to the scope's id (checked), so the id commits to all of it. */
	(
		| {
				type: 'CREATE';
				kind: string;
				/** Identity that the root grant belongs to. */
				owner: Hex;
				policies: readonly (readonly [schema: Hex, declaration: Declaration])[];
		  }
		/** Binds the author to a device that the identity certified; card and device signature were verified. */
		| { type: 'JOIN'; identity: Hex; device: Hex }
		| { type: 'GRANT'; subject: Hex; role: Role }
		| { type: 'POLICY'; schema: Hex; declaration: Declaration }
		/** Known by name, kept and relayed, without effect in this version. */
		| { type: 'NOTED' }
		/** Signed and in its chain, but its content cannot be read or does not verify. */
		| { type: 'MALFORMED'; reason: string }
	);

/** What the rules need to know of a batch. */
export interface BatchClaim {
	author: Hex;
	grant: Hex;
	heads: readonly Hex[];
	schema: Hex;
	/** How much the versions in it grew, as the author counts. */
	count: number;
	changes: readonly Change[];
	texts: readonly TextUpdate[];
}

/** R0 to R10 of SPEC. */
export type Rule = 'R0' | 'R1' | 'R4' | 'R9' | 'R10';

export interface Refusal {
	rule: Rule;
	/** For people and logs. Names of tables and columns may be in it, values never. */
	reason: string;
	table?: string;
	column?: string;
	role?: Role;
}
