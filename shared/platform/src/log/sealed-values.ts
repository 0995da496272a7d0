/**
 * Values that stand sealed in their column, so that reading a table gives no secrets: an app opens the one it shows.
 *
 *     sealed   := epoch varint | type 1 byte (0 text, 1 blob) | envelope (crypto/envelope.ts, never compressed)
 *     key      := HKDF of the scope's epoch key, label 'slf/v1/scope/value'
 *     AAD      := CBOR [scope's true id, table, row id, column, epoch, type]
 *
 *     seal_value(scope_id, table, id, column, text or blob)     gives the blob; NULL of NULL
 *     open_value(scope_id, table, id, column, blob)             gives the value; SEALED_WRONG where it does not open
 *     open_value(scope_id, table, id, column, blob, otherwise)  gives `otherwise` where it does not open
 *
 * A value is bound to its cell: moved to another row, column, table or scope it does not open. Every member of the scope
 * holds the key. Who may seal is decided as for a write; what decides for others is who may write the blob.
 *
 * SQL functions of statements alone: a trigger that opened a value would leave it in a table in the clear.
 */
import type { Declaration } from '../access/policy.ts';
import { CryptoError } from '../crypto/errors.ts';
import { open, seal } from '../crypto/envelope.ts';
import { LABELS } from '../crypto/labels.ts';
import { utf8 } from '../crypto/bytes.ts';
import type { Database, SqlValue } from '../engine/sqlite.ts';
import { encode } from '../protocol/cbor.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Rights } from './rights.ts';
import type { Scope } from './scope.ts';

/** Where a value stands. `scope` is the local name. */
export interface Cell {
	scope: string;
	table: string;
	id: string;
	column: string;
}

const TEXT = 0;
const BLOB = 1;
const MOST_EPOCH = 2 ** 28;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface SealedValuesOptions {
	declaration: Declaration;
	rights: Rights;
	/** 24 fresh random bytes. */
	salt: () => Uint8Array;
}

export class SealedValues {
	readonly #declaration: Declaration;
	readonly #rights: Rights;
	readonly #salt: () => Uint8Array;

	constructor({ declaration, rights, salt }: SealedValuesOptions) {
		this.#declaration = declaration;
		this.#rights = rights;
		this.#salt = salt;
	}

	/** Registers `seal_value` and `open_value`. */
	install(db: Database): void {
		const direct = { direct: true };
		const cellOf = ([scope, table, id, column]: SqlValue[]): Cell => {
			const cell = { scope: String(scope), table: String(table), id: String(id), column: String(column) };
			this.#checkColumn(cell);
			return cell;
		};
		db.createFunction(
			'seal_value',
			5,
			(...args) => (args[4] === null ? null : this.seal(cellOf(args), args[4]!)),
			direct
		);
		db.createFunction(
			'open_value',
			5,
			(...args) => (args[4] === null ? null : this.open(cellOf(args), args[4]!)),
			direct
		);
		db.createFunction(
			'open_value',
			6,
			(...args) => (args[4] === null ? null : (this.tryOpen(cellOf(args), args[4]!) ?? args[5])),
			direct
		);
	}

	/** Throws PlatformError DENIED, SEALED_TYPE, VALUE_TOO_BIG. */
	seal(cell: Cell, value: SqlValue): Uint8Array {
		const scope = this.#rights.scope(cell.scope);
		if (!this.#rights.decide(cell.scope, cell.table, 'I').allowed) this.#rights.check(cell.scope, cell.table, 'U');
		const type = typeof value === 'string' ? TEXT : BLOB;
		const content = typeof value === 'string' ? utf8(value) : value;
		if (!(content instanceof Uint8Array)) {
			throw refusal('SEALED_TYPE', cell, 'text and blobs can be sealed, nothing else');
		}
		if (content.length > LIMITS.value) {
			throw refusal('VALUE_TOO_BIG', cell, `a value may have at most ${LIMITS.value} bytes`);
		}
		const { number, secrets } = scope.epoch;
		const options = { compress: false, salt: this.#salt() };
		const envelope = seal(secrets.value, LABELS.sealValue, aadOf(scope, cell, number, type), content, options);
		const head = [...varint(number), type];
		const sealed = new Uint8Array(head.length + envelope.length);
		sealed.set(head);
		sealed.set(envelope, head.length);
		return sealed;
	}

	/** Throws PlatformError: SEALED_WRONG; SEALED_KEY, SEALED_NEWER where a later epoch or version may open it. */
	open(cell: Cell, sealed: SqlValue): string | Uint8Array {
		const scope = this.#rights.scope(cell.scope);
		const head = sealed instanceof Uint8Array ? readHead(sealed) : undefined;
		if (!head) throw refusal('SEALED_WRONG', cell, 'this is not a sealed value');
		const epoch = scope.epochs.find(({ number }) => number === head.epoch);
		if (!epoch) throw refusal('SEALED_KEY', cell, 'its key is not here (yet)');
		try {
			const aad = aadOf(scope, cell, head.epoch, head.type);
			const content = open(epoch.secrets.value, LABELS.sealValue, aad, head.envelope);
			return head.type === TEXT ? decoder.decode(content) : content;
		} catch (error) {
			if (error instanceof CryptoError && error.code === 'UNKNOWN_SUITE') {
				throw refusal('SEALED_NEWER', cell, 'it was sealed by a newer version of the app');
			}
			throw refusal('SEALED_WRONG', cell, 'it was sealed for another place, or altered');
		}
	}

	/** Undefined where it does not open. */
	tryOpen(cell: Cell, sealed: SqlValue): string | Uint8Array | undefined {
		try {
			return this.open(cell, sealed);
		} catch (error) {
			if (error instanceof PlatformError && error.code.startsWith('SEALED_')) return undefined;
			throw error;
		}
	}

	/** A mistyped name would seal what opens nowhere. */
	#checkColumn(cell: Cell): void {
		const column = this.#declaration.get(cell.table)?.columns.find(({ name }) => name === cell.column);
		const holdsBlobs = column?.affinity === 'BLOB' && (column.class === 'LWW' || column.class === 'WRITE_ONCE');
		if (!holdsBlobs) throw refusal('SEALED_COLUMN', cell, 'a sealed value stands in a replicated column of type BLOB');
	}
}

function aadOf(scope: Scope, { table, id, column }: Cell, epoch: number, type: number): Uint8Array {
	return encode([scope.row.id, table, id, column, epoch, type]);
}

function varint(value: number): number[] {
	const bytes: number[] = [];
	let rest = value;
	for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
	return [...bytes, rest];
}

/** Undefined for bytes that are not the one form of a sealed value. */
function readHead(sealed: Uint8Array): { epoch: number; type: number; envelope: Uint8Array } | undefined {
	let epoch = 0;
	for (let at = 0; at < 5 && at < sealed.length; at++) {
		const byte = sealed[at]!;
		epoch += (byte & 0x7f) * 2 ** (7 * at);
		if (byte >= 0x80) continue;
		const type = sealed[at + 1];
		if ((at > 0 && byte === 0) || epoch > MOST_EPOCH || (type !== TEXT && type !== BLOB)) return undefined;
		return { epoch, type, envelope: sealed.subarray(at + 2) };
	}
	return undefined;
}

function refusal(code: string, { table, column, scope }: Cell, why: string): PlatformError {
	return new PlatformError(code, `"${table}"."${column}": ${why}`, { table, column, scope });
}
