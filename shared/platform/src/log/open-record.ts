/** Opens records of a scope with the key of the epoch that they name. */
import type { Hex } from '../access/operation.ts';
import { toHex } from '../crypto/bytes.ts';
import { openRecord as openWith, type SplitRecord } from '../protocol/record.ts';
import type { Scope } from './scope.ts';

export type Opened =
	| { status: 'open'; content: Uint8Array }
	/** Its epoch's key is not here (yet). */
	| { status: 'no-key'; keyId: Hex }
	/** The key does not open it, or what it opens is damaged. */
	| { status: 'unreadable' };

export function openRecord(scope: Scope, record: Pick<SplitRecord, 'header' | 'ciphertext'>): Opened {
	const keyId = toHex(record.header.keyId);
	const epoch = scope.epochOf(keyId);
	if (!epoch) return { status: 'no-key', keyId };
	try {
		return { status: 'open', content: openWith(record, epoch.secrets.content) };
	} catch {
		return { status: 'unreadable' };
	}
}
