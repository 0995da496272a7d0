/**
 * A CSV table to a statement, by a mapping: what each column is, and how its cells read. The mapping is inferred from
 * the file, completed by the person where that leaves something open, and plain data, so that it can be kept with the
 * account and used for its next file.
 *
 * How a column reads is settled for the column and never for a cell: the order of its dates, its decimal mark, and
 * which way its money goes.
 */

import { digitsOf } from '#lib/domain/money.ts';
import { inferDecimal, takeApart } from '../amount.ts';
import { inferDateOrder } from '../date.ts';
import { Findings, type Found, type ReadOptions } from '../findings.ts';
import { currencyQuestion, dateQuestion, decimalQuestion, samplesOf, type Question } from '../question.ts';
import type { Balance, Entry, Statement } from '../statement.ts';
import type { ColumnMapping, CsvMapping } from './mapping.ts';
import { isOwn, ownColumns } from './own.ts';
import { guessRoles, type Role } from './roles.ts';
import { RowReader } from './row-reader.ts';
import { readTable, type Row, type Table } from './table.ts';

/** What the screen shows of the file, and lets the person change. */
export interface CsvFile {
	readonly mapping: CsvMapping;
	/** '' where the file names none. */
	readonly headers: readonly string[];
	readonly preview: readonly Row[];
	/** The same for all files of this shape: by it a kept mapping is found again. */
	readonly shape: string;
}

export type CsvFound = Found & { readonly questions: readonly Question[]; readonly csv: CsvFile };

const PREVIEW = 20;
const MONEY: readonly Role[] = ['amount', 'debit', 'credit', 'balance'];

/** @throws ImportError */
export function readCsv(text: string, given: CsvMapping | undefined, options: ReadOptions = {}): CsvFound {
	const table = readTable(text, isOwn(text) ? ',' : given?.delimiter);
	const questions: Question[] = [];
	const known = given?.columns ?? ownColumns(table) ?? rolesOf(table, questions);
	const columns = settled(table, known, options.currency, questions);
	const headers = headersOf(table);
	const csv: CsvFile = {
		mapping: { delimiter: table.delimiter, columns },
		headers,
		preview: table.data.slice(0, PREVIEW),
		shape: JSON.stringify([table.delimiter, table.width, headers])
	};
	const has = (role: Role): boolean => columns.some((column) => column.role === role);
	if (options.currency === undefined && !has('currency')) questions.push(currencyQuestion());
	if (given && !has('date')) questions.push(columnQuestion('date-column', table, [...columns.keys()]));
	if (given && !has('amount') && !has('debit') && !has('credit')) {
		questions.push(columnQuestion('amount-column', table, [...columns.keys()]));
	}
	if (questions.length > 0) return { statements: [], faults: [], faultCount: 0, notices: [], questions, csv };
	const findings = new Findings('csv');
	const statement = statementOf(table, columns, options, findings);
	return { ...findings.found([statement]), questions, csv };
}

/** Roles from the file alone, with a question where two columns could be the date or the amount. */
function rolesOf(table: Table, questions: Question[]): ColumnMapping[] {
	const { roles, dates, amounts } = guessRoles(table);
	const all = [...roles.keys()];
	if (!roles.includes('date')) questions.push(columnQuestion('date-column', table, dates.length > 0 ? dates : all));
	if (!roles.some((role) => role === 'amount' || role === 'debit')) {
		questions.push(columnQuestion('amount-column', table, amounts.length > 0 ? amounts : all));
	}
	return roles.map((role) => ({ role }));
}

/** How each column reads, from all its cells, where it is not settled yet. */
function settled(
	table: Table,
	columns: readonly ColumnMapping[],
	currency: string | undefined,
	questions: Question[]
): ColumnMapping[] {
	const headers = headersOf(table);
	const coded = columns.findIndex(({ role }) => role === 'currency');
	const code = currency ?? table.data[0]?.cells[coded]?.toUpperCase() ?? '';
	const directed = columns.some(({ role }) => role === 'direction');
	return Array.from({ length: table.width }, (_, index) => {
		const column = columns[index] ?? { role: 'ignore' };
		const place = { column: index, header: headers[index] ?? '' };
		const cells = cellsOf(table, index);
		if (column.role === 'date' || column.role === 'value-date') {
			if (column.order !== undefined) return column;
			const orders = inferDateOrder(cells);
			if (!orders) return column.role === 'date' ? { ...column, order: 'ymd' } : { role: 'ignore' };
			if (orders.open.length === 0) return { ...column, order: orders.value };
			questions.push(dateQuestion(orders, place));
			return column;
		}
		if (!MONEY.includes(column.role)) return column;
		let decimal = column.decimal;
		if (decimal === undefined) {
			const marks = inferDecimal(cells, digitsOf(code));
			if (marks.open.length > 0) questions.push(decimalQuestion(marks, code, place));
			else decimal = marks.value;
		}
		const sign = column.sign ?? signOf(column.role, cells, directed);
		if (sign === undefined) questions.push(signQuestion(cells, place));
		return { ...column, ...(decimal === undefined ? {} : { decimal }), ...(sign === undefined ? {} : { sign }) };
	});
}

/** Undefined where the column does not show it: the person is asked. */
function signOf(role: Role, cells: readonly string[], directed: boolean): ColumnMapping['sign'] {
	if (role === 'balance' || (role === 'amount' && directed)) return 'as-written';
	let above = false;
	let below = false;
	for (const cell of cells) {
		const written = takeApart(cell);
		if (!written || !/[1-9]/.test(written.body)) continue;
		if (written.negative) below = true;
		else above = true;
	}
	if (role === 'debit') return above && below ? undefined : below ? 'as-written' : 'reversed';
	if (role === 'credit') return below && !above ? undefined : 'as-written';
	// Nothing but plain numbers: income, or the purchases of a card.
	return above && !below ? undefined : 'as-written';
}

function signQuestion(cells: readonly string[], place: { column: number; header: string }): Question {
	const samples = samplesOf(cells);
	return {
		kind: 'sign',
		...place,
		samples,
		choices: [
			{ value: 'as-written', reads: samples },
			{ value: 'reversed', reads: samples.map((cell) => (/^[-\u2212]/.test(cell) ? cell.slice(1) : `-${cell}`)) }
		]
	};
}

function columnQuestion(kind: 'date-column' | 'amount-column', table: Table, columns: readonly number[]): Question {
	return {
		kind,
		samples: [],
		choices: columns.map((value) => ({ value, reads: samplesOf(cellsOf(table, value)) }))
	};
}

function cellsOf(table: Table, column: number): string[] {
	return table.data.map((row) => row.cells[column] ?? '').filter((cell) => cell !== '');
}

function headersOf(table: Table): string[] {
	const cells = table.header === undefined ? [] : table.rows[table.header]!.cells;
	return Array.from({ length: table.width }, (_, column) => cells[column] ?? '');
}

function statementOf(
	table: Table,
	columns: readonly ColumnMapping[],
	{ currency, progress }: ReadOptions,
	findings: Findings
): Statement {
	const reader = new RowReader(columns, headersOf(table), currency, findings);
	const entries: Entry[] = [];
	const cut = table.open ? table.rows.at(-1) : undefined;
	table.below.forEach((row, index) => {
		if (index % 1000 === 0) progress?.(index / table.below.length);
		if (row.cells.length < table.width) {
			// Narrow rows are totals and notes, unless they begin like the others; the last of those may have been cut.
			if (!reader.begins(row)) findings.count('totals');
			else if (row === cut) findings.breaks('BROKEN', { line: row.line });
			else findings.fault('COLUMNS_WRONG', { line: row.line });
		} else if (row === cut && endsShort(table, columns))
			findings.breaks('BROKEN', { line: row.line }, row.cells.at(-1));
		else {
			const entry = reader.entry(row);
			if (entry) entries.push(entry);
		}
	});
	if (table.broken) findings.breaks(table.broken.reason, table.broken.where);
	const balances = balancesOf(reader, table, currency);
	const dates = entries.map(({ date }) => date);
	return {
		account: {},
		...(currency === undefined ? {} : { currency }),
		...balances,
		...(dates.length === 0
			? {}
			: { from: dates.reduce((a, b) => Math.min(a, b)), to: dates.reduce((a, b) => Math.max(a, b)) }),
		entries
	};
}

/**
 * Whether the last cell of a file without a last line end lost its end: it is empty where no other of its column is, or
 * an amount with fewer decimals than every other ("-12,5" or "-1" of "-12,50" would be another amount). Words that were
 * cut do not show it.
 */
function endsShort(table: Table, columns: readonly ColumnMapping[]): boolean {
	const last = columns[table.width - 1];
	const cells = table.data.map((row) => row.cells[table.width - 1] ?? '');
	const own = cells.at(-1)!;
	const others = cells.slice(0, -1).filter((cell) => cell !== '');
	if (own === '') return others.length > 0 && others.length === cells.length - 1;
	if (!last || !MONEY.includes(last.role) || last.decimal === undefined) return false;
	const decimals = (cell: string): number => {
		const at = cell.lastIndexOf(last.decimal!);
		return at < 0 ? 0 : cell.length - at;
	};
	return others.length > 0 && others.every((cell) => decimals(cell) > decimals(own));
}

/** Opening and closing, where a column of balances says them: newest first or last, as the rows follow each other. */
function balancesOf(
	reader: RowReader,
	table: Table,
	currency: string | undefined
): { opening?: Balance; closing?: Balance } {
	const first = table.data[0];
	const last = table.data.at(-1);
	if (currency === undefined || !first || !last) return {};
	const ends = [reader.running(first), reader.running(last)];
	if (!ends[0] || !ends[1]) return {};
	const ascending = ends[0].date <= ends[1].date;
	const [oldest, newest] = ascending ? ends : [ends[1], ends[0]];
	return {
		opening: { minor: oldest!.balance - oldest!.minor, currency },
		closing: { minor: newest!.balance, currency, date: newest!.date }
	};
}
