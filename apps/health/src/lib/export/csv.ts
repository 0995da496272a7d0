/**
 * CSV as spreadsheets and this app's own import read it: UTF-8, commas, quotes where needed, lines that end in CR LF.
 *
 * A cell that a spreadsheet would run as a formula (it begins with = + - @, a tab or a return) gets an apostrophe in
 * front, and so does one that begins like a cell which got one; the import takes exactly one off. Plain numbers are no
 * formulas and stay as they are.
 */

export type Cell = string | number | null | undefined;

const FORMULA = /^'*[=+\-@\t\r]/;
const NUMBER = /^-\d+(\.\d+)?$/;

export function guardCell(text: string): string {
	return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

/** What `guardCell` was given. */
export function unguardCell(text: string): string {
	return /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

/** One line, with its end. */
export function csvLine(cells: readonly Cell[]): string {
	return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
	if (cell === null || cell === undefined) return '';
	const text = guardCell(String(cell));
	return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
