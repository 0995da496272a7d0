/**
 * Cells that a spreadsheet would run as a formula (T65): what begins with = + - @, a tab or a line end gets an
 * apostrophe in front, and so does what begins with apostrophes before one of these, so that taking one away brings
 * back exactly what was there. The wide forms of the four signs count too: spreadsheets in East Asia take them for the
 * same.
 */

const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

export function guarded(text: string): string {
	return FORMULA.test(text) ? `'${text}` : text;
}

/** What `guarded` had been given. */
export function unguarded(cell: string): string {
	return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
