/**
 * Cells that a spreadsheet would run as a formula (T65): on writing they get a ' in front, on reading our own file
 * they lose it. A cell that begins with ' and then such a character gets one too, so that nothing is lost both ways.
 */

const FORMULA = /^'*[=+\-@\t\r]/;

/** The columns of our own CSV, and so the mark by which it is known again. */
export const OUR_COLUMNS = [
	'folder',
	'title',
	'url',
	'username',
	'password',
	'totp',
	'notes',
	'tags',
	'favourite'
] as const;

export function guardCell(cell: string): string {
	return FORMULA.test(cell) ? `'${cell}` : cell;
}

export function isGuarded(cell: string): boolean {
	return cell.startsWith("'") && FORMULA.test(cell.slice(1));
}
