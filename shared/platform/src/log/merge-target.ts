/** The tables and texts of this build, as the receiver puts valid batches into them. */
import type { Declaration } from '../access/policy.ts';
import type { Hex } from '../access/operation.ts';
import type { Database } from '../engine/sqlite.ts';
import type { TextColumns } from '../engine/text.ts';
import type { BatchBody } from '../protocol/batch.ts';
import { applyChanges, siteOf, withSyncBitReset } from './apply.ts';
import type { History } from './history.ts';
import type { BatchTarget } from './receiver.ts';
import type { Author, Scope } from './scope.ts';
import { checkTexts } from './text-clients.ts';

export class MergeTarget implements BatchTarget {
	readonly #db: Database;
	readonly #declaration: Declaration;
	readonly #text: TextColumns;
	readonly #history: History;
	readonly #identity: Hex;

	/** @param identity of this device's person */
	constructor(db: Database, declaration: Declaration, text: TextColumns, history: History, identity: Hex) {
		this.#db = db;
		this.#declaration = declaration;
		this.#text = text;
		this.#history = history;
		this.#identity = identity;
	}

	/** Whether this build has every table and column of a batch, of the declared class. */
	knows({ changes, texts }: BatchBody): boolean {
		const has = (table: string, column: string, ...classes: string[]): boolean => {
			const declared = this.#declaration.get(table);
			if (!declared) return false;
			return column === '' || declared.columns.some((own) => own.name === column && classes.includes(own.class));
		};
		return (
			changes.every(([table, , column]) => has(table, column, 'LWW', 'WRITE_ONCE')) &&
			texts.every(([table, , column]) => has(table, column, 'REALTIME'))
		);
	}

	checkTexts = checkTexts;

	apply(scope: Scope, author: Author, { changes, texts }: BatchBody, identity: Hex, undoable: boolean): void {
		const { name } = scope.row;
		const work = (): void => {
			const site = siteOf(author.pseudonym);
			withSyncBitReset(this.#db, () => applyChanges(this.#db, this.#declaration, name, site, changes));
			const origin = this.originOf(identity);
			for (const [table, id, column, counter, update] of texts) {
				this.#text.applyRemote({ table, scope: name, id, column }, counter, update, author.hex, origin);
			}
		};
		if (!undoable) return work();
		try {
			this.#db.transaction(work);
		} catch (error) {
			this.#text.statementFailed();
			throw error;
		}
	}

	applied(scope: Scope, n: number, { changes }: BatchBody): void {
		this.#history.add(scope, n, changes);
	}

	/** How live updates name who made a change. */
	originOf(identity: Hex): string {
		return identity === this.#identity ? 'device' : identity;
	}
}
