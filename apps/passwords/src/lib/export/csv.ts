/** Writes logins and notes as CSV, for spreadsheets and for programs that read nothing else. Cells are guarded (T65). */

import { csvRow, guarded } from '@slf/suite/domain';
import { valueOf, type PortableItem } from '../domain/portable.ts';
import { OUR_COLUMNS } from '../formats/our-csv.ts';
import { nothingLeft, type LeftBehind } from './left-behind.ts';

export function writeCsv(items: readonly PortableItem[]): { csv: string; left: LeftBehind } {
	const left = { ...nothingLeft };
	const rows: string[][] = [];
	for (const item of items) {
		if (item.type !== 'login' && item.type !== 'note') {
			left.items++;
			continue;
		}
		left.attachments += item.attachments.length;
		left.former += item.former.length;
		left.fields += item.fields.filter(({ slot }) => slot === null).length;
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
		rows.push(OUR_COLUMNS.map((column) => guarded(cells[column])));
	}
	return { csv: [OUR_COLUMNS, ...rows].map(csvRow).join(''), left };
}
