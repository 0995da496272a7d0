import { PlatformError } from '../protocol/errors.ts';

export type StoreErrorCode =
	/** The key does not open the database. */
	| 'WRONG_KEY'
	/** A header, a record or a page does not authenticate. */
	| 'DAMAGED'
	/** Bytes that were written are missing. */
	| 'TRUNCATED'
	/** The file system has no room. */
	| 'QUOTA'
	/** Another process or tab holds the files. */
	| 'LOCKED'
	/** The file system failed in another way. */
	| 'STORAGE';

/** What the encrypted store says of one database; `database` is its name for people. */
export class StoreError extends PlatformError {
	readonly database: string;

	constructor(code: StoreErrorCode, database: string, what: string, cause?: unknown) {
		super(code, `database "${database}": ${what}`, {}, cause === undefined ? undefined : { cause });
		this.name = 'StoreError';
		this.database = database;
	}

	/** Whatever a file threw, told apart by what a person can do about it. */
	static fromFile(database: string, thrown: unknown): StoreError {
		if (thrown instanceof StoreError) return thrown;
		const { name, code } = (thrown ?? {}) as { name?: string; code?: string };
		if (name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
			return new StoreError('QUOTA', database, 'there is no room left to write; what is stored stays readable', thrown);
		return new StoreError('STORAGE', database, `the file system failed (${code ?? name ?? 'unknown error'})`, thrown);
	}
}
