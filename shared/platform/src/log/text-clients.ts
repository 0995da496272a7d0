/** Which Yjs client writes the texts of a device, and rule R10 for those of others. */
import type { Hex, Refusal } from '../access/operation.ts';
import { fromHex, utf8 } from '../crypto/bytes.ts';
import { labelledHash } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import type { Database } from '../engine/sqlite.ts';
import { checkTextUpdate, TextRefusal } from '../engine/text.ts';
import type { BatchBody } from '../protocol/batch.ts';
import type { Scope } from './scope.ts';

/** 53 bits of a hash of the pseudonym and its counter: nobody can choose to have the client of another. */
export function textClientId(author: Hex, counter: number): number {
	const hash = labelledHash(LABELS.textClient, fromHex(author), utf8(String(counter)));
	const view = new DataView(hash.buffer, hash.byteOffset, 8);
	return (view.getUint32(0) & 0x1fffff) * 2 ** 32 + view.getUint32(4);
}

/** What is wrong with a batch's texts. From its bytes and its author alone, so that everybody comes to the same. */
export function checkTexts(author: Hex, { texts }: BatchBody): Refusal | undefined {
	for (const [table, , column, counter, update] of texts) {
		try {
			checkTextUpdate(update, textClientId(author, counter));
		} catch (error) {
			if (!(error instanceof TextRefusal)) throw error;
			return { rule: 'R10', reason: error.message, table, column };
		}
	}
	return undefined;
}

export interface TextClient {
	clientId: number;
	counter: number;
}

/**
 * The own clients: a new counter for each scope at each start of the engine, written down by the transaction that asks
 * first. A clock that was used once is so never used again, not even after a crash or from a restored backup.
 */
export class TextClients {
	readonly #db: Database;
	readonly #clients = new Map<Hex, TextClient>();

	constructor(db: Database) {
		this.#db = db;
	}

	of(scope: Scope): TextClient {
		let client = this.#clients.get(scope.hex);
		if (!client) {
			this.#db.run('UPDATE slf_scopes SET text_counter = text_counter + 1 WHERE n = ?', [scope.row.n]);
			const counter = Number(this.#db.value('SELECT text_counter FROM slf_scopes WHERE n = ?', [scope.row.n]));
			client = { counter, clientId: textClientId(scope.own.hex, counter) };
			this.#clients.set(scope.hex, client);
		}
		return client;
	}

	/** The transaction that may have written a counter down is undone. */
	forget(): void {
		this.#clients.clear();
	}
}
