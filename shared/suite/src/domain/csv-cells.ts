/**
 * CSV as our apps write it: RFC 4180 (commas, quotes doubled, CRLF), and no cell that a spreadsheet would run (T65).
 *
 * What begins with = + - @, a tab or a line end gets an apostrophe in front; so does what begins with apostrophes before
 * one of these, so that taking one away always brings back exactly what was there. The wide forms of the four signs
 * count too: spreadsheets in East Asia take them for the same.
 */

const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A cell of words. Cells that are numbers need none: they are to be numbers in the spreadsheet. */
export function guarded(text: string): string {
	return FORMULA.test(text) ? `'${text}` : text;
}

/** What `guarded` had been given. */
export function unguarded(cell: string): string {
	return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

/** One row, its line end included. */
export function csvRow(cells: readonly string[]): string {
	return cells.map(quoted).join(',') + '\r\n';
}

function quoted(cell: string): string {
	return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
