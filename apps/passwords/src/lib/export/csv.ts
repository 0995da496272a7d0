/** Writes logins and notes as CSV, for spreadsheets and for programs that read nothing else. Cells are guarded (T65). */

import Papa from 'papaparse';
import { valueOf, type PortableItem } from '../domain/portable.ts';
import { guardCell, OUR_COLUMNS } from '../formats/csv-guard.ts';

/** `left`: items of other types, and fields, attachments and former values that no column has room for. */
export function writeCsv(items: readonly PortableItem[]): { csv: string; left: number } {
	let left = 0;
	const rows: string[][] = [];
	for (const item of items) {
		if (item.type !== 'login' && item.type !== 'note') {
			left++;
			continue;
		}
		left += item.attachments.length + item.former.length + item.fields.filter(({ slot }) => slot === null).length;
		const cells: Record<(typeof OUR_COLUMNS)[number], string> = {
			folder: item.folder.map((name) => name.replaceAll('/', '\u2215')).join('/'),
			title: item.title,
			url: item.addresses.map(({ url }) => url).join('\n'),
			username: valueOf(item, 'username'),
			password: valueOf(item, 'password'),
			totp: valueOf(item, 'totp'),
			notes: valueOf(item, 'notes'),
			tags: item.tags.join(','),
			favourite: item.favourite ? '1' : ''
		};
		rows.push(OUR_COLUMNS.map((column) => guardCell(cells[column])));
	}
	return { csv: Papa.unparse({ fields: [...OUR_COLUMNS], data: rows }, { newline: '\r\n' }), left };
}
