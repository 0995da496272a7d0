/**
 * Who speaks in a scope outside of its log: cursors and EPHEMERAL values are sealed and signed like batches, judged by
 * the same access log, and kept by nobody.
 */
import { allowsSome } from '../access/policy.ts';
import type { Hex } from '../access/operation.ts';
import type { Role } from '../access/roles.ts';
import { toHex } from '../crypto/bytes.ts';
import type { Label } from '../crypto/labels.ts';
import { sign } from '../crypto/sign.ts';
import type { Rights } from './rights.ts';
import type { Scope } from './scope.ts';

/** How this device speaks in a scope. */
export interface Voice {
	/** True id, hex. */
	id: Hex;
	/** Local name. */
	name: string;
	/** Own pseudonym. */
	author: Uint8Array;
	/** Keys for what is not logged, that of the epoch in use first. */
	keys: Uint8Array[];
	/** A signature by the own pseudonym. */
	sign(label: Label, message: Uint8Array): Uint8Array;
}

/** Who a pseudonym is. */
export interface Speaker {
	identity: Hex;
	/** May be empty. */
	name: string;
	role: Role;
	/** Public key of the device, hex. */
	device: Hex;
	/** Whether the role may update some column of that table. */
	mayWrite(table: string): boolean;
}

export function voiceIn(scope: Scope): Voice {
	const { hex, row, epochs } = scope;
	return {
		id: hex,
		name: row.name,
		author: row.pseudonym.publicKey,
		keys: [...epochs].reverse().map(({ secrets }) => secrets.ephemeral),
		sign: (label, message) => sign(label, message, row.pseudonym.secretKey)
	};
}

/** Undefined for a pseudonym that no JOIN binds, or whose person has no role. */
export function speakerIn(scope: Scope, author: Uint8Array, rights: Rights): Speaker | undefined {
	const binding = scope.access.bindingOf(toHex(author));
	const role = binding && scope.access.roleOf(binding.identity);
	if (!role) return undefined;
	return {
		identity: binding.identity,
		name: scope.names.get(binding.identity) ?? '',
		role,
		device: binding.device,
		mayWrite: (table) => {
			const declared = rights.policyIn(scope)?.declaration.get(table);
			return declared !== undefined && allowsSome(declared, role, 'U');
		}
	};
}
