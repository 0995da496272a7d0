/** What the columns of a table are and how their cells read. Plain data: kept with an account, it reads its next file. */

import type { DecimalMark } from '../amount.ts';
import type { DateOrder } from '../date.ts';
import type { Role } from './roles.ts';

export interface ColumnMapping {
	readonly role: Role;
	/** Of a date. */
	readonly order?: DateOrder;
	/** Of an amount. */
	readonly decimal?: DecimalMark;
	/** Of an amount: whether a cell is money in as it is written, or money out. */
	readonly sign?: 'as-written' | 'reversed';
}

export interface CsvMapping {
	readonly delimiter: string;
	readonly columns: readonly ColumnMapping[];
}
