/**
 * CSV of browsers, of LastPass, and of anything else with columns that a person can name.
 *
 * What is read is RFC 4180 as it is met: any of , ; tab | between cells, line ends of every kind (LastPass has written
 * \r\r\n), a byte order mark, empty columns at the end. Cells of our own export lose the
 * apostrophe that keeps spreadsheets from running them (T65).
 */

import Papa from 'papaparse';
import { unguarded } from '@slf/suite/domain';
import { parseOtp } from '../domain/otp.ts';
import { addAddress, addOwn, addTag, emptyItem, folderPath, setSlot, type PortableItem } from '../domain/portable.ts';
import { OUR_COLUMNS } from '../formats/our-csv.ts';
import { guessMapping, isCertain, type CsvMapping, type CsvPreview } from './csv-mapping.ts';
import { ImportError, type ImportFormat } from './import-error.ts';
import { Gathering, type Gathered } from './gathering.ts';
import { isLastPass, readLastPassRow, undoEntities } from './lastpass.ts';

export interface CsvTable {
	columns: string[];
	rows: string[][];
	/** Whether the first line was names. */
	header: boolean;
}

const MOST_COLUMNS = 200;
const PREVIEW_ROWS = 5;

/** @throws ImportError */
export function parseCsv(text: string): CsvTable {
	const clean = text.replace(/^\uFEFF/, '').replace(/\r\r\n/g, '\n');
	const { data, errors } = Papa.parse<string[]>(clean, {
		skipEmptyLines: 'greedy',
		delimitersToGuess: [',', ';', '\t', '|']
	});
	if (data.length === 0) throw new ImportError('csv', 'empty');
	const width = Math.max(...data.slice(0, 1000).map((row) => row.length));
	const first = data[0]!;
	const header = isHeader(first);
	// Prose has commas too, but not the same number in each line.
	const alike = data.filter((row) => row.length === first.length).length;
	if (width > MOST_COLUMNS || (!header && (width < 2 || alike < data.length * 0.8)))
		throw new ImportError('unknown', 'unknown-format');
	const broken = errors.find(({ type }) => type === 'Quotes');
	if (broken) throw new ImportError('csv', 'damaged', { where: `row ${(broken.row ?? 0) + 1}` });
	const columns = Array.from(
		{ length: width },
		(_, index) => (header ? first[index]?.trim() : undefined) ?? `Column ${index + 1}`
	);
	return { columns, rows: header ? data.slice(1) : data, header };
}

/** The first line is names when at least two of them are names that programs use. */
function isHeader(row: readonly string[]): boolean {
	return guessMapping(row).filter((role) => role !== 'own' && role !== 'own-hidden' && role !== 'ignore').length >= 2;
}

export function csvFormat({ columns, header }: CsvTable): ImportFormat {
	if (!header) return 'csv';
	const names = columns.map((column) => column.toLowerCase()).filter((column) => column !== '');
	const has = (...wanted: string[]) => wanted.every((name) => names.includes(name));
	if (has('url', 'username', 'password', 'extra', 'name', 'grouping', 'fav')) return 'lastpass';
	if (has('url', 'username', 'password', 'httprealm', 'formactionorigin')) return 'firefox';
	if (
		has('name', 'url', 'username', 'password') &&
		names.every((name) => /^(name|url|username|password|notes?)$/.test(name))
	)
		return 'chrome';
	return 'csv';
}

export function previewCsv(table: CsvTable): CsvPreview {
	return {
		columns: table.columns,
		rows: table.rows.slice(0, PREVIEW_ROWS).map((row) => table.columns.map((_, index) => row[index] ?? '')),
		guess: table.header ? guessMapping(table.columns) : table.columns.map(() => 'ignore'),
		total: table.rows.length
	};
}

/** @param given the person's mapping; needed when the names of the columns do not say enough */
export function readCsv(table: CsvTable, given?: CsvMapping): Gathered {
	const format = csvFormat(table);
	const gathering = new Gathering(format);
	const mapping = given ?? guessMapping(table.columns);
	if (format === 'csv' && !given && !(table.header && isCertain(mapping)))
		throw new ImportError('csv', 'mapping-missing', { where: 'row 1' });
	const ours = table.columns.join() === OUR_COLUMNS.join();
	const decode = format === 'lastpass' ? undoEntities(table.rows) : (cell: string) => cell;
	for (const row of table.rows) {
		const cell = (index: number) => {
			const text = decode(row[index] ?? '');
			return ours ? unguarded(text) : text;
		};
		if (table.columns.every((_, index) => cell(index).trim() === '')) {
			gathering.lose('empty-row');
			continue;
		}
		const lastPass = format === 'lastpass' ? (name: string) => cell(indexOf(table, name)) : undefined;
		if (lastPass && isLastPass(lastPass)) gathering.add(readLastPassRow(lastPass, gathering));
		else gathering.add(readRow(table, mapping, cell, gathering));
	}
	return gathering.finish();
}

function readRow(
	table: CsvTable,
	mapping: CsvMapping,
	cell: (index: number) => string,
	gathering: Gathering
): PortableItem {
	const at = (role: CsvMapping[number]): string => {
		const index = mapping.indexOf(role);
		return index < 0 ? '' : cell(index);
	};
	const notes = at('notes');
	const isNote = notes !== '' && ['url', 'username', 'password', 'totp'].every((role) => at(role as 'url') === '');
	const item = emptyItem(isNote ? 'note' : 'login', at('title') || at('url'));
	if (!isNote) {
		// Bitwarden's CSV has several addresses in one cell, one to a line or between commas.
		for (const url of splitAddresses(at('url'))) addAddress(item, url);
		setSlot(item, 'username', at('username'));
		setSlot(item, 'password', at('password'));
		const totp = at('totp');
		if (totp === '' || parseOtp(totp).ok) setSlot(item, 'totp', totp.trim());
		else {
			addOwn(item, 'One-time code', totp, 'hidden');
			gathering.lose('unknown-code', item.title);
		}
	}
	setSlot(item, 'notes', notes);
	item.folder = folderPath(at('folder'), at('folder').includes('\\') ? '\\' : '/');
	for (const tag of at('tags').split(/[,;]/)) addTag(item, tag);
	item.favourite = /^(1|true|yes|x|\*)$/i.test(at('favourite').trim());
	setTime(item, 'createdAt', at('created'));
	setTime(item, 'editedAt', at('edited'));
	for (const [index, role] of mapping.entries()) {
		if (role === 'own' || role === 'own-hidden')
			addOwn(item, table.columns[index] ?? '', cell(index), role === 'own' ? 'text' : 'hidden');
	}
	return item;
}

function splitAddresses(cell: string): string[] {
	return /[\n,]\s*https?:/i.test(cell) ? cell.split(/[\n,]\s*(?=https?:)/i) : [cell];
}

/** Milliseconds, microseconds or seconds since 1970, or a date as text. */
function setTime(item: PortableItem, key: 'createdAt' | 'editedAt', text: string): void {
	const number = /^\d{9,17}$/.test(text.trim()) ? Number(text) : undefined;
	const time =
		number === undefined ? Date.parse(text) : number < 1e11 ? number * 1000 : number < 1e14 ? number : number / 1000;
	if (text.trim() !== '' && Number.isFinite(time) && Math.abs(time) < 8.64e15) item[key] = Math.round(time);
}

function indexOf(table: CsvTable, name: string): number {
	return table.columns.findIndex((column) => column.toLowerCase() === name);
}
