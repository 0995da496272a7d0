/** From a plan and what the person chose to what is written (data/import.ts). Pure. */

import type { Decided } from '#lib/data/import.ts';
import { contentOf, lineOf, orderOfRow } from '#lib/domain/lines.ts';
import { UNCATEGORISED, type AccountId, type Line } from '#lib/domain/revision.ts';
import type { PlannedRow } from './plan.ts';
import type { Entry } from './statement.ts';

/** What becomes of a row. `match`: it is the transaction that was suggested for it. */
export type Choice = 'import' | 'match' | 'leave';

/** What can be chosen for a row, the usual first; one alone is no choice. */
export function choicesOf({ fate, suggestion }: PlannedRow): readonly Choice[] {
	switch (fate.kind) {
		case 'new':
			if (!suggestion) return ['import', 'leave'];
			// Words in common and nobody else who fits: else the person must say that it is the same.
			return suggestion.words.length > 0 && suggestion.rivals === 0
				? ['match', 'import', 'leave']
				: ['import', 'match', 'leave'];
		case 'repeated':
		case 'pending':
			// The bank said it twice, or not for good: it can be meant all the same.
			return ['leave', 'import'];
		case 'known':
		case 'currency':
			return ['leave'];
	}
}

export interface DecideInput {
	readonly account: AccountId;
	readonly rows: readonly PlannedRow[];
	/** By index of the row; those that are not here get the first of `choicesOf`. */
	readonly choices: ReadonlyMap<number, Choice>;
	/** Ids of payees by the names of the entries (data/names.ts, payeesOfStatement). */
	readonly payees: ReadonlyMap<string, string>;
	/** The category for an entry or one of its parts; undefined: not known. */
	readonly categoryOf?: (entry: Entry, category: string | undefined) => AccountId | undefined;
}

export function decide({ account, rows, choices, payees, categoryOf = () => undefined }: DecideInput): Decided[] {
	const added: Decided[] = [];
	const keysOf = new Map<string, string[]>();
	const positions = new Map<number, number>();
	rows.forEach((row, index) => {
		const { entry, fate, keys, suggestion } = row;
		const position = positions.get(entry.date) ?? 0;
		positions.set(entry.date, position + 1);
		const possible = choicesOf(row);
		const chosen = choices.get(index);
		const choice = chosen !== undefined && possible.includes(chosen) ? chosen : possible[0]!;
		if (fate.kind === 'known' && !fate.deleted && fate.keys.length > 0) add(keysOf, fate.thread, fate.keys);
		else if (choice === 'match' && suggestion) add(keysOf, suggestion.thread, keys);
		else if (choice === 'import') {
			const payee = payees.get(entry.payee) ?? null;
			const order = orderOfRow(position, account);
			const lines = linesOf(entry, account, categoryOf);
			const content = contentOf(
				{ date: entry.date, currency: entry.currency, lines },
				{ order, payee, note: entry.memo }
			);
			added.push({ kind: 'add', keys, content });
		}
	});
	return [...added, ...[...keysOf].map(([thread, keys]): Decided => ({ kind: 'keys', thread, keys }))];
}

function add(keysOf: Map<string, string[]>, thread: string, keys: readonly string[]): void {
	keysOf.set(thread, [...new Set([...(keysOf.get(thread) ?? []), ...keys])]);
}

function linesOf(entry: Entry, account: AccountId, categoryOf: NonNullable<DecideInput['categoryOf']>): Line[] {
	const { minor, currency, parts } = entry;
	const others = parts ?? [{ minor, category: entry.category, memo: '' }];
	return [
		lineOf(account, minor, currency, { cleared: true }),
		...others.map((part) =>
			lineOf(categoryOf(entry, part.category) ?? UNCATEGORISED, -part.minor, currency, { memo: part.memo })
		)
	];
}
