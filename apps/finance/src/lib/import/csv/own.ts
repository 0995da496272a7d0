/** The CSV that Finance itself writes (export/csv.ts), known again by its header: nothing in it is open. */

import type { ColumnMapping } from './mapping.ts';
import type { Table } from './table.ts';

export const OWN_HEADER = [
	'Date',
	'Account',
	'Payee',
	'Note',
	'Category',
	'Tags',
	'Amount',
	'Currency',
	'Cleared',
	'Transaction'
] as const;

const COLUMNS: readonly ColumnMapping[] = [
	{ role: 'date', order: 'ymd' },
	{ role: 'ignore' },
	{ role: 'payee' },
	{ role: 'memo' },
	{ role: 'category' },
	{ role: 'ignore' },
	{ role: 'amount', decimal: '.', sign: 'as-written' },
	{ role: 'currency' },
	{ role: 'ignore' },
	{ role: 'id' }
];

/** Whether a file begins as ours do: then its commas need no guessing, whatever its words look like. */
export function isOwn(text: string): boolean {
	return text.startsWith(OWN_HEADER.join(','));
}

/** The columns of a file of ours; undefined for any other. */
export function ownColumns({ header, rows }: Table): readonly ColumnMapping[] | undefined {
	const cells = header === undefined ? [] : rows[header]!.cells;
	return cells.length === OWN_HEADER.length && OWN_HEADER.every((name, index) => cells[index] === name)
		? COLUMNS
		: undefined;
}
