/**
 * One scope as this device holds it: its keys, its access log, its chains, its own pseudonym.
 *
 * This is memory beside the tables of tables.ts, and it never runs ahead of them: what a transaction adds is taken over
 * after COMMIT (own writes) or, when a transaction of received records fails, the scope is loaded again.
 */
import { AccessLog } from '../access/access-log.ts';
import type { Hex } from '../access/operation.ts';
import { toHex } from '../crypto/bytes.ts';
import type { KeyPair } from '../crypto/sign.ts';
import { epochSecrets, type EpochSecrets } from '../protocol/epoch.ts';
import { NO_RECORD, type RecordLog } from '../protocol/record.ts';

export interface Epoch {
	number: number;
	key: Uint8Array;
	secrets: EpochSecrets;
}

/** One author's chain in one log. */
export interface Chain {
	/** Sequence number of the last settled record; 0 before the first. */
	end: number;
	/** Hash of that record; zeros before the first. */
	hash: Uint8Array;
	/** Records beyond a gap: sequence number to row. */
	held: Map<number, number>;
	/** Batches of this chain that have text and wait, row to sequence number. Later text must not overtake them. */
	waitingTexts: Map<number, number>;
}

export interface Author {
	/** Row in slf_authors; 0 until the first record is stored. */
	n: number;
	pseudonym: Uint8Array;
	hex: Hex;
	access: Chain;
	data: Chain;
	/** The longest that anybody said to have seen its data chain. More than `data.end`: somebody withholds a batch. */
	claimed: number;
}

/** Why a settled batch is not in the tables yet. */
export type Wait =
	/** Until an access operation is settled or a pseudonym is bound. */
	| { kind: 'access'; for: Hex }
	/** Until the scope has grown to this much. */
	| { kind: 'growth'; need: number }
	/** Until the epoch's key is here. */
	| { kind: 'epoch'; keyId: Hex }
	/** Until the rest of its transaction is here: until this chain has come so far. */
	| { kind: 'parts'; author: Hex; last: number }
	/** Until earlier text of the same chain is in. */
	| { kind: 'text'; author: Hex; seq: number }
	/** Until this build knows its tables: looked at again when the database is opened. */
	| { kind: 'schema' };

export interface ScopeRow {
	n: number;
	id: Uint8Array;
	/** What stands in `scope_id`. */
	name: string;
	kind: string;
	app: string;
	/** For people. */
	title: string;
	derived: boolean;
	pseudonym: KeyPair;
}

export class Scope {
	readonly row: ScopeRow;
	readonly hex: Hex;
	readonly access: AccessLog;
	readonly authors = new Map<Hex, Author>();
	readonly own: Author;
	/** Sum of the growth of all well-formed batches that are here. */
	growth = 0;
	/** Bytes of records beyond gaps, to bound them. */
	heldBytes = 0;
	/** Settled batches that are not in the tables, by row. */
	readonly waiting = new Map<number, Wait>();
	/** Names that people's cards give them, for display. */
	readonly names = new Map<Hex, string>();
	/** Names that those cards give their devices, by hex of the device's key. */
	readonly deviceNames = new Map<Hex, string>();
	/** What of others' chains own batches have said to have seen, since this engine started. */
	readonly claimed = new Map<Hex, number>();
	#epochs: Epoch[];

	constructor(
		row: ScopeRow,
		epochs: readonly { number: number; key: Uint8Array }[],
		ownsDerived?: (identity: Hex) => boolean
	) {
		this.row = row;
		this.hex = toHex(row.id);
		this.access = new AccessLog(ownsDerived ? { scope: this.hex, ownsDerived } : { scope: this.hex });
		this.#epochs = [];
		for (const { number, key } of epochs) this.addEpoch(number, key);
		this.own = this.author(row.pseudonym.publicKey);
	}

	addEpoch(number: number, key: Uint8Array): void {
		if (this.#epochs.some((epoch) => epoch.number === number)) return;
		const epoch = { number, key, secrets: epochSecrets(this.row.id, key) };
		this.#epochs = [...this.#epochs, epoch].sort((a, b) => a.number - b.number);
	}

	get epochs(): readonly Epoch[] {
		return this.#epochs;
	}

	/** The epoch to write under. */
	get epoch(): Epoch {
		return this.#epochs.at(-1)!;
	}

	epochOf(keyId: Hex): Epoch | undefined {
		return this.#epochs.find((epoch) => toHex(epoch.secrets.keyId) === keyId);
	}

	author(pseudonym: Uint8Array): Author {
		const hex = toHex(pseudonym);
		let author = this.authors.get(hex);
		if (!author) {
			author = { n: 0, pseudonym, hex, access: emptyChain(), data: emptyChain(), claimed: 0 };
			this.authors.set(hex, author);
		}
		return author;
	}
}

export function chainOf(author: Author, log: RecordLog): Chain {
	return log === 'access' ? author.access : author.data;
}

function emptyChain(): Chain {
	return { end: 0, hash: NO_RECORD, held: new Map(), waitingTexts: new Map() };
}
