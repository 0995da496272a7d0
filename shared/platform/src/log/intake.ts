/**
 * Takes in what others wrote: each delivery in one transaction, with what follows from it (refusals to show, the own JOIN
 * and policy where access changed). A batch that the tables do not take makes it start over with a savepoint for each.
 */
import type { Hex } from '../access/operation.ts';
import { BatchFault, type Received, type Receiver } from './receiver.ts';
import type { Refusals } from './refusals.ts';
import type { ScopeActions } from './scope-actions.ts';
import type { Scope } from './scope.ts';
import type { Transactions } from './transactions.ts';

export interface IntakeOptions {
	receiver: Receiver;
	transactions: Transactions;
	actions: ScopeActions;
	refusals: Refusals;
	clock: () => number;
	/** The scope of a true id, as it is loaded now. */
	known: (id: Hex) => Scope;
	/** How live updates name who made a change. */
	originOf: (identity: Hex) => string;
}

export class Intake {
	readonly #options: IntakeOptions;

	constructor(options: IntakeOptions) {
		this.#options = options;
	}

	receive(id: Hex, records: readonly Uint8Array[]): Received {
		return this.#take(id, (scope, undoable) => this.#options.receiver.receive(scope, records, undoable));
	}

	/** Looks again at everything that waits in a scope. */
	retry(id: Hex): Received {
		return this.#take(id, (scope, undoable) => this.#options.receiver.retryAll(scope, undoable));
	}

	#take(id: Hex, work: (scope: Scope, undoable: boolean) => Received, undoable = false): Received {
		try {
			return this.#takeOnce(this.#options.known(id), (scope) => work(scope, undoable));
		} catch (error) {
			if (!(error instanceof BatchFault)) throw error;
			return this.#take(id, work, true);
		}
	}

	#takeOnce(scope: Scope, work: (scope: Scope) => Received): Received {
		const { transactions, actions, refusals, clock, originOf } = this.#options;
		const take = (): Received => {
			const received = work(scope);
			for (const { author, rule, reason } of received.refused) {
				const identity = scope.access.bindingOf(author)?.identity ?? author;
				refusals.add({ time: clock(), scope: scope.row.name, author: identity, rule, reason });
			}
			if (received.accessChanged) actions.settleIn(scope);
			return received;
		};
		return transactions.takeIn(scope, take, ({ stored, accessChanged, writers }) => {
			if (stored === 0 && !accessChanged) return undefined;
			const [writer] = writers;
			return { directory: accessChanged, ...(writers.size === 1 ? { origin: originOf(writer!) } : {}) };
		});
	}
}
