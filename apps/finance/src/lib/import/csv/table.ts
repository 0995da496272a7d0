/**
 * The table in a CSV file. Banks put their name, the account and the time above it, and totals below; separate cells by
 * comma, semicolon, tab or bar; and quote, or do not. What separates is what makes the most rows with a date and an
 * amount in them; the header is the row above the first of those, if it is as wide and no data itself.
 *
 * A quote that is never closed swallows the rest of the file: the rows before it are whole, and the table says where it
 * breaks.
 */

import Papa from 'papaparse';
import { isDate } from '../date.ts';
import { takeApart } from '../amount.ts';
import { ImportError, type Fault } from '../failure.ts';
import { MOST_ENTRIES } from '../findings.ts';
import { LineCounter } from '../lines.ts';

export interface Row {
	readonly line: number;
	readonly cells: readonly string[];
}

export interface Table {
	readonly delimiter: string;
	/** Rows that are not empty, those above the header included. */
	readonly rows: readonly Row[];
	/** Index in `rows`; undefined where the file names no columns. */
	readonly header: number | undefined;
	/** The rows below the header. Narrower ones than `width` are totals, notes, or a last row that is cut. */
	readonly below: readonly Row[];
	/** Of these the ones that are as wide as the table. */
	readonly data: readonly Row[];
	readonly width: number;
	readonly broken: Fault | undefined;
	/** The last row has no line end: it may be cut. */
	readonly open: boolean;
}

const DELIMITERS = [',', ';', '\t', '|'];
const DECLARED = /^\ufeff?sep=(.)\r?\n/i;
const SAMPLE = 100;
const MOST_COLUMNS = 200;

/**
 * @param delimiter if a person said it
 * @throws ImportError NOT_A_STATEMENT, TOO_MANY
 */
export function readTable(text: string, delimiter?: string): Table {
	const declared = DECLARED.exec(text);
	const body = declared ? text.slice(declared[0].length) : text;
	const chosen = delimiter ?? declared?.[1] ?? delimiterOf(body);
	const { rows, broken } = parse(body, chosen, declared ? 1 : 0);
	const first = rows.findIndex(isData);
	if (first < 0) throw new ImportError('csv', broken ?? { where: {}, reason: 'NOT_A_STATEMENT' });

	const width = widthOf(rows.slice(first, first + 10 * SAMPLE).filter(isData));
	let begin = rows.findIndex((row) => row.cells.length === width && isData(row));
	// A row of data of another width right above is one at fault, not a header.
	while (begin > 0 && isData(rows[begin - 1]!)) begin--;
	const above = rows[begin - 1];
	const hasHeader =
		above !== undefined && above.cells.length >= width - 1 && above.cells.filter((cell) => cell !== '').length > 1;
	const header = hasHeader && !above.cells.some(isDate) ? begin - 1 : undefined;
	const below = rows.slice(begin);
	return {
		delimiter: chosen,
		rows,
		header,
		below,
		// A comma at the end of each row of data, and none in the header, is a habit of some banks.
		data: below.filter((row) => row.cells.length >= width),
		width: Math.min(width, MOST_COLUMNS),
		broken,
		open: broken === undefined && !/[\r\n]$/.test(body)
	};
}

export function isAmountCell(cell: string): boolean {
	return takeApart(cell) !== undefined;
}

/** A date and, in another cell, an amount. Eight digits can be either. */
function isData({ cells }: Row): boolean {
	const date = cells.findIndex(isDate);
	const amount = cells.findIndex(isAmountCell);
	if (date < 0 || amount < 0) return false;
	return date !== amount || cells.findLastIndex(isDate) !== date || cells.findLastIndex(isAmountCell) !== amount;
}

/** The width that most of these rows have. */
function widthOf(rows: readonly Row[]): number {
	const counts = new Map<number, number>();
	for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
	return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

function delimiterOf(text: string): string {
	const scores = DELIMITERS.map((delimiter) => {
		const { rows } = parse(text, delimiter, 0, SAMPLE);
		const width = rows.length === 0 ? 1 : widthOf(rows);
		const even = rows.filter((row) => row.cells.length === width).length;
		return { delimiter, data: rows.filter(isData).length, even: width > 1 ? even : 0, width };
	});
	scores.sort((a, b) => b.data - a.data || b.even - a.even || b.width - a.width);
	return scores[0]!.delimiter;
}

function parse(
	text: string,
	delimiter: string,
	skipped: number,
	preview?: number
): { rows: Row[]; broken: Fault | undefined } {
	const rows: Row[] = [];
	const lines = new LineCounter(text);
	let begin = 0;
	let broken: Fault | undefined;
	Papa.parse<string[]>(text, {
		delimiter,
		// Left to guess, it takes a line end within quotes for that of all rows. CR before LF is trimmed from the last cell.
		newline: text.includes('\n') ? '\n' : '\r',
		...(preview === undefined ? {} : { preview }),
		step: ({ data, errors, meta }, parser) => {
			const line = lines.at(begin + 1) + skipped;
			begin = meta.cursor;
			if (errors.some(({ code }) => code === 'MissingQuotes')) {
				broken = { where: { line }, reason: 'BROKEN' };
				parser.abort();
				return;
			}
			const cells = data.map((cell) => cell.trim());
			if (cells.every((cell) => cell === '')) return;
			rows.push({ line, cells });
			if (rows.length > MOST_ENTRIES) throw new ImportError('csv', { where: { line }, reason: 'TOO_MANY' });
		}
	});
	return { rows, broken };
}
