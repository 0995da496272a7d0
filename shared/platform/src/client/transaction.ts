/**
 * Interactive transactions from the page: begin, statements, commit, each a message, all on one link.
 *
 * When the link is lost in the middle nothing is known to be committed except by asking: the next engine is asked
 * about the operation id, and if it was not committed `work` runs again, at most three times in all.
 */

import type { EngineCalls, EngineStreams } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { LinkClient } from '../protocol/link.ts';
import { isLost, type Connection } from './connection.ts';
import type { Row, SqlStatement, SqlValue, Transaction } from './platform.ts';
import { toRowLists, toRows, toStatementList } from './rows.ts';

type EngineLink = LinkClient<EngineCalls, EngineStreams>;

const ATTEMPTS = 3;
/** How many promise jobs after a statement's answer still count as the transaction's own code. */
const NESTING_WATCH = 12;

export class Transactions {
	readonly #connection: Connection<EngineCalls, EngineStreams>;
	/** True while code runs that is known to be inside somebody's `work`. */
	#inside = false;

	constructor(connection: Connection<EngineCalls, EngineStreams>) {
		this.#connection = connection;
	}

	async run<T>(op: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
		// Found where it can be: right when `work` starts and right after each of its statements. A nested call made
		// after waiting for something else waits for itself, and the engine's time-out says so.
		if (this.#inside) {
			throw new PlatformError('NESTED', 'A transaction cannot be opened inside another: use its `tx` for everything');
		}
		for (let attempt = 1; ; attempt++) {
			const link = await this.#connection.link();
			const outcome = await this.#attempt(link, op, work);
			if (outcome.ok) return outcome.value;
			if (!isLost(outcome.error)) throw outcome.error;
			if (outcome.sentCommit && (await this.#wasCommitted(op))) return outcome.value as T;
			if (attempt === ATTEMPTS) {
				throw new PlatformError('LOST', 'The transaction was interrupted three times; nothing of it was written');
			}
		}
	}

	async #wasCommitted(op: string): Promise<boolean> {
		const answer = await this.#connection.call('wasCommitted', { op });
		if (answer === 'too-old') {
			throw new PlatformError('UNKNOWN_OUTCOME', 'It is too late to tell whether this transaction was written');
		}
		return answer;
	}

	async #attempt<T>(
		link: EngineLink,
		op: string,
		work: (tx: Transaction) => Promise<T>
	): Promise<{ ok: true; value: T } | { ok: false; error: unknown; sentCommit: boolean; value?: T }> {
		let transaction: number;
		try {
			({ transaction } = await link.call('begin', { op }));
		} catch (error) {
			return { ok: false, error, sentCommit: false };
		}
		const tx = new TabTransaction(link, transaction, () => this.#watchNesting());
		let value: T;
		try {
			const working = this.#enter(() => work(tx));
			value = await working;
			tx.end();
		} catch (error) {
			tx.end();
			// The reason counts, not whether the roll-back could still be asked for.
			await link.call('rollback', { transaction }).catch(() => {});
			return { ok: false, error: tx.lostWith ?? error, sentCommit: false };
		}
		try {
			await link.call('commit', { transaction });
			return { ok: true, value };
		} catch (error) {
			return { ok: false, error, sentCommit: true, value };
		}
	}

	#enter<T>(work: () => T): T {
		this.#inside = true;
		try {
			return work();
		} finally {
			this.#inside = false;
		}
	}

	/** The jobs right after an answer are the continuation of `work`; unrelated code does not run among them. */
	#watchNesting(): void {
		this.#inside = true;
		void (async () => {
			for (let job = 0; job < NESTING_WATCH; job++) await null;
			this.#inside = false;
		})();
	}
}

class TabTransaction implements Transaction {
	/** The loss, if a statement met it: `work` may have swallowed or wrapped the error. */
	lostWith: PlatformError | undefined;
	readonly #link: EngineLink;
	readonly #transaction: number;
	readonly #answered: () => void;
	#ended = false;

	constructor(link: EngineLink, transaction: number, answered: () => void) {
		this.#link = link;
		this.#transaction = transaction;
		this.#answered = answered;
	}

	async exec<R extends object = Row>(sql: string, params: readonly SqlValue[] = []): Promise<R[]> {
		const transaction = this.#transaction;
		return toRows<R>(await this.#ask(() => this.#link.call('step', { transaction, sql, params })));
	}

	async batch<R extends object = Row>(statements: readonly SqlStatement[]): Promise<R[][]> {
		const transaction = this.#transaction;
		const list = toStatementList(statements);
		const results = await this.#ask(() => this.#link.call('steps', { transaction, ...list }));
		return toRowLists<R>(results, statements.length);
	}

	async #ask<T>(call: () => Promise<T>): Promise<T> {
		if (this.#ended) {
			throw new PlatformError('TRANSACTION_OVER', 'This transaction is over: await every statement inside of it');
		}
		try {
			return await call();
		} catch (error) {
			if (isLost(error)) this.lostWith = error as PlatformError;
			throw error;
		} finally {
			this.#answered();
		}
	}

	end(): void {
		this.#ended = true;
	}
}
