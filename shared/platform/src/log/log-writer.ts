/** Adds own records: seals, signs, chains and stores them, inside the transaction that they are about. */
import type { AccessOperation } from '../access/operation.ts';
import { recordHeader, sealRecord, type RecordLog } from '../protocol/record.ts';
import { readOperation } from './access-records.ts';
import type { RecordStore } from './record-store.ts';
import { chainOf, type Scope } from './scope.ts';
import { RecordState } from './tables.ts';

export interface LogWriterOptions {
	/** 24 fresh random bytes. */
	salt: () => Uint8Array;
	compress: boolean;
}

export interface AppendedRecord {
	/** Its row. */
	n: number;
	hash: Uint8Array;
	bytes: Uint8Array;
}

export class LogWriter {
	readonly #records: RecordStore;
	readonly #options: LogWriterOptions;

	constructor(records: RecordStore, options: LogWriterOptions) {
		this.#records = records;
		this.#options = options;
	}

	/** Appends to the own chain. If the transaction fails after this, the scope has to be loaded again. */
	append(scope: Scope, log: RecordLog, content: Uint8Array, growth = 0): AppendedRecord {
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
		const options = { salt: this.#options.salt(), compress: this.#options.compress };
		const record = sealRecord(place, epoch.secrets.content, content, row.pseudonym.secretKey, options);
		const n = this.#records.insert(own.n, log, place.seq, RecordState.APPLIED, growth, record.hash, record.bytes);
		chain.end = place.seq;
		chain.hash = record.hash;
		scope.growth += growth;
		return { ...record, n };
	}

	/** Appends to the access log, and takes it into account. */
	appendAccess(scope: Scope, content: Uint8Array): AccessOperation {
		const record = this.append(scope, 'access', content);
		const operation = readOperation(scope, recordHeader(record.bytes), record.hash)!;
		scope.access.add(operation);
		return operation;
	}
}
