/** Adds own records: seals, signs, chains and stores them, inside the transaction that they are about. */
import type { AccessOperation } from '../access/operation.ts';
import { recordHeader, sealRecord, type RecordLog } from '../protocol/record.ts';
import { readOperation } from './access-records.ts';
import type { RecordStore } from './record-store.ts';
import { chainOf, type Scope } from './scope.ts';
import { RecordState } from './tables.ts';

export class LogWriter {
	readonly #records: RecordStore;
	readonly #random: (size: number) => Uint8Array;
	#salts: Uint8Array = new Uint8Array(0);

	constructor(records: RecordStore, random: (size: number) => Uint8Array) {
		this.#records = records;
		this.#random = random;
	}

	/** Appends to the own chain. If the transaction fails after this, the scope has to be loaded again. */
	append(scope: Scope, log: RecordLog, content: Uint8Array, growth = 0): { hash: Uint8Array; bytes: Uint8Array } {
		const { own, epoch, row } = scope;
		if (own.n === 0) own.n = this.#records.addAuthor(row.n, own.pseudonym);
		const chain = chainOf(own, log);
		const place = {
			log,
			tag: epoch.secrets.tag,
			author: own.pseudonym,
			seq: chain.end + 1,
			prev: chain.hash,
			keyId: epoch.secrets.keyId
		};
		const record = sealRecord(place, epoch.secrets.content, content, row.pseudonym.secretKey, { salt: this.#salt() });
		this.#records.insert(own.n, log, place.seq, RecordState.APPLIED, growth, record.hash, record.bytes);
		chain.end = place.seq;
		chain.hash = record.hash;
		scope.growth += growth;
		return record;
	}

	/** 24 fresh bytes. Asking for many at once is far cheaper than often for few. */
	#salt(): Uint8Array {
		if (this.#salts.length === 0) this.#salts = this.#random(24 * 64);
		const salt = this.#salts.slice(0, 24);
		this.#salts = this.#salts.subarray(24);
		return salt;
	}

	/** Appends to the access log, and takes it into account. */
	appendAccess(scope: Scope, content: Uint8Array): AccessOperation {
		const record = this.append(scope, 'access', content);
		const operation = readOperation(scope, recordHeader(record.bytes), record.hash)!;
		scope.access.add(operation);
		return operation;
	}
}
