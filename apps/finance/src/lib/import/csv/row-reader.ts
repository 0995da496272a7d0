/** Rows of a table to entries, once it is settled what each column is and how it reads. */

import { unguarded } from '@slf/suite/domain';
import { digitsOf, exponentOf } from '#lib/domain/money.ts';
import { readAmount, takeApart } from '../amount.ts';
import { readDate } from '../date.ts';
import type { Reason } from '../failure.ts';
import { Findings } from '../findings.ts';
import { folded, joined, type Entry } from '../statement.ts';
import type { ColumnMapping } from './mapping.ts';
import type { Role } from './roles.ts';
import type { Row } from './table.ts';

const OUT = new Set([
	'af',
	'd',
	'db',
	'dr',
	'dbit',
	'debit',
	'debet',
	's',
	'soll',
	'out',
	'uit',
	'-',
	'debito',
	'dare',
	'lastschrift'
]);
const IN = new Set(['bij', 'c', 'cr', 'crdt', 'credit', 'h', 'haben', 'in', '+', 'credito', 'avere', 'gutschrift']);

export class RowReader {
	readonly #columns: readonly ColumnMapping[];
	readonly #headers: readonly string[];
	readonly #currency: string | undefined;
	readonly #findings: Findings;
	readonly #places = new Map<Role, number[]>();

	constructor(
		columns: readonly ColumnMapping[],
		headers: readonly string[],
		currency: string | undefined,
		findings: Findings
	) {
		this.#columns = columns;
		this.#headers = headers;
		this.#currency = currency;
		this.#findings = findings;
		columns.forEach(({ role }, index) => this.#places.set(role, [...(this.#places.get(role) ?? []), index]));
	}

	/** Undefined where the row is at fault, which is noted. */
	entry(row: Row): Entry | undefined {
		if (row.cells.slice(this.#columns.length).some((cell) => cell !== '')) {
			this.#findings.fault('COLUMNS_WRONG', { line: row.line });
			return undefined;
		}
		const date = this.#date(row, 'date');
		if (date === undefined) {
			const found = this.#cell(row, 'date');
			return this.#fault(found === '' ? 'DATE_MISSING' : 'DATE_WRONG', row, 'date', found);
		}
		const money = this.#money(row);
		if (!money) return undefined;
		const valueDate = this.#date(row, 'value-date');
		const payee = folded(unguarded(this.#cell(row, 'payee')));
		const memos = (this.#places.get('memo') ?? []).map((column) => unguarded(row.cells[column] ?? ''));
		const bankId = folded(unguarded(this.#cell(row, 'id')));
		const category = folded(unguarded(this.#cell(row, 'category')));
		const memo = joined(...memos);
		return {
			date,
			...(valueDate === undefined ? {} : { valueDate }),
			...money,
			payee,
			memo: memo === payee ? '' : memo,
			text: this.#words(row),
			...(bankId === '' ? {} : { bankId }),
			kind: 'other',
			pending: false,
			...(category === '' ? {} : { category }),
			line: row.line
		};
	}

	/** Whether a narrow row begins with the date of a transaction. */
	begins(row: Row): boolean {
		return this.#date(row, 'date') !== undefined;
	}

	/** Date, amount and the balance after it; undefined without a column of balances. Notes no fault. */
	running(row: Row): { date: number; minor: number; balance: number } | undefined {
		const date = this.#date(row, 'date');
		const balance = this.#amount(row, 'balance', this.#currency ?? '');
		const quiet = new RowReader(this.#columns, this.#headers, this.#currency, new Findings('csv'));
		const money = quiet.#money(row);
		if (date === undefined || !balance || !('minor' in balance) || money?.currency !== this.#currency) return undefined;
		return { date, minor: money!.minor, balance: balance.minor };
	}

	/**
	 * Payee and memo in the order of the file, whichever of them is which: two people who map the same words otherwise
	 * still name the same row (keys.ts).
	 */
	#words(row: Row): string {
		const columns = [...(this.#places.get('payee') ?? []), ...(this.#places.get('memo') ?? [])].sort((a, b) => a - b);
		return folded(columns.map((column) => unguarded(row.cells[column] ?? '')).join(' '));
	}

	#money(row: Row): { minor: number; currency: string } | undefined {
		const written = this.#cell(row, 'currency').toUpperCase().replace('€', 'EUR');
		const currency = written === '' ? this.#currency : written;
		if (currency === undefined || exponentOf(currency) === undefined) {
			return this.#fault('CURRENCY_UNKNOWN', row, 'currency', written);
		}
		for (const role of ['amount', 'debit', 'credit'] as const) {
			const amount = this.#amount(row, role, currency);
			if (!amount) continue;
			if ('reason' in amount) return this.#fault(amount.reason, row, role, this.#cell(row, role));
			// Banks fill the other of two columns with a zero.
			if (role === 'debit' && amount.minor === 0 && this.#cell(row, 'credit') !== '') continue;
			const minor = role === 'amount' ? this.#directed(row, amount.minor) : amount.minor;
			return minor === undefined ? undefined : { minor: minor + 0, currency: amount.currency };
		}
		return this.#fault('AMOUNT_MISSING', row, this.#places.has('amount') ? 'amount' : 'debit', '');
	}

	/** The cell of a money column, its sign settled. Undefined: there is none, or it is empty. */
	#amount(
		row: Row,
		role: 'amount' | 'debit' | 'credit' | 'balance',
		currency: string
	): { minor: number; currency: string } | { reason: Reason } | undefined {
		const column = this.#columns[this.#places.get(role)?.[0] ?? -1];
		const cell = this.#cell(row, role);
		if (!column || cell === '') return undefined;
		const written = takeApart(cell);
		if (!written) return { reason: 'AMOUNT_WRONG' };
		const own = written.currency ?? currency;
		const amount = readAmount(written, column.decimal ?? '.', digitsOf(own));
		if ('reason' in amount) return amount;
		return { minor: column.sign === 'reversed' && amount.minor !== 0 ? -amount.minor : amount.minor, currency: own };
	}

	/** In or out by a column of its own. An amount that has a sign already has said it. */
	#directed(row: Row, minor: number): number | undefined {
		if (!this.#places.has('direction') || minor < 0) return minor;
		const word = this.#cell(row, 'direction');
		const plain = word.toLowerCase();
		if (IN.has(plain)) return minor;
		if (OUT.has(plain)) return minor === 0 ? 0 : -minor;
		return this.#fault('DIRECTION_WRONG', row, 'direction', word);
	}

	#date(row: Row, role: 'date' | 'value-date'): number | undefined {
		const column = this.#columns[this.#places.get(role)?.[0] ?? -1];
		return column?.order && readDate(this.#cell(row, role), column.order);
	}

	#cell(row: Row, role: Role): string {
		return row.cells[this.#places.get(role)?.[0] ?? -1] ?? '';
	}

	#fault(reason: Reason, row: Row, role: Role, found: string): undefined {
		const header = this.#headers[this.#places.get(role)?.[0] ?? -1] ?? '';
		this.#findings.fault(reason, { line: row.line, element: header === '' ? role : folded(header) }, found);
		return undefined;
	}
}
