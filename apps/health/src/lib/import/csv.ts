/**
 * A CSV file and what its columns mean. What can be told from the file is told; what could be read in two ways becomes
 * a question to the person, and nothing is imported before it is answered.
 *
 * Questions
 *  - `delimiter`   more than one character cuts all lines into as many cells
 *  - `dateOrder`   3/4/2026: no day above 12 says which is the month
 *  - `decimal`     1,234: a decimal comma or thousands (of one column)
 *  - `unit`        the header of a column names none, and there are several
 *  - `columns`     no column was recognised as a time, or none as a value
 */

import Papa from 'papaparse';
import { METRICS, metricWithId } from '#lib/domain/metrics.ts';
import { isKnownUnit, unitFromText } from '#lib/domain/units.ts';
import { ImportError } from './types.ts';

/** What one column holds. */
export type Role =
	| { readonly as: 'ignore' | 'when' | 'until' | 'date' | 'time' | 'note' | 'metric' | 'unit' | 'source' | 'id' }
	/** The values of a file that names metric and unit in columns of their own. */
	| { readonly as: 'value'; readonly decimal: '.' | ',' }
	| {
			readonly as: 'field';
			/** Ids of the metric and of its field. */
			readonly metric: string;
			readonly field: string;
			readonly unit: string;
			readonly decimal: '.' | ',';
	  };

export type DateOrder = 'ymd' | 'dmy' | 'mdy';

export interface CsvMapping {
	/** Lines above the names of the columns. */
	readonly headerLine: number;
	readonly columns: readonly Role[];
	readonly dateOrder: DateOrder;
	/** Zone of times that say no offset. */
	readonly zone: string;
	/** Shown as the device that measured, where no column says it. */
	readonly source: string;
}

export type Question =
	| { readonly about: 'delimiter'; readonly choices: readonly string[] }
	| { readonly about: 'dateOrder' }
	| { readonly about: 'decimal' | 'unit'; readonly column: number }
	| { readonly about: 'columns' };

export interface CsvFile {
	readonly delimiter: string;
	/** All lines, cut into cells. */
	readonly lines: readonly (readonly string[])[];
	readonly header: readonly string[];
	readonly headerLine: number;
	readonly remarks: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'];
const MOST_BYTES = 100 * 1024 * 1024;
const MOST_COLUMNS = 500;
/** Lines that are looked at to tell what a file is. */
const LOOKED_AT = 200;

/** @throws ImportError for what is no table */
export function textOfCsv(bytes: Uint8Array): { text: string; remarks: string[] } {
	if (bytes.length > MOST_BYTES) throw new ImportError('This CSV file is larger than 100 MB. Cut it into parts.');
	try {
		return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), remarks: [] };
	} catch {
		const remark = 'The file is not in UTF-8; it was read as Windows text. Look whether special letters are right.';
		return { text: new TextDecoder('windows-1252').decode(bytes), remarks: [remark] };
	}
}

/** Delimiters that cut the file into a table. */
export function delimitersOf(text: string): string[] {
	return DELIMITERS.filter((delimiter) => {
		const widths = parse(text, delimiter, LOOKED_AT).map(({ length }) => length);
		const usual = mostFrequent(widths);
		return usual > 1 && widths.filter((width) => width === usual).length >= widths.length * 0.8;
	});
}

/** @throws ImportError */
export function readCsv(text: string, delimiter: string, remarks: readonly string[] = []): CsvFile {
	const lines = parse(text, delimiter);
	if (lines.length < 2) throw new ImportError('This CSV file has no lines of data.');
	if (lines.some(({ length }) => length > MOST_COLUMNS))
		throw new ImportError(`This CSV file has more than ${MOST_COLUMNS} columns.`);
	const headerLine = findHeader(lines.slice(0, LOOKED_AT));
	return { delimiter, lines, header: lines[headerLine]!.map((cell) => cell.trim()), headerLine, remarks };
}

function parse(text: string, delimiter: string, preview = 0): string[][] {
	const { data } = Papa.parse<string[]>(text, { delimiter, preview, skipEmptyLines: 'greedy' });
	return data;
}

/** The first line as wide as most, whose cells are words. Above it stand titles and names of patients. */
function findHeader(lines: readonly (readonly string[])[]): number {
	const usual = mostFrequent(lines.map(({ length }) => length));
	const at = lines.findIndex((cells) => cells.length === usual && !cells.some((cell) => /^[\s"']*[-+]?\d/.test(cell)));
	return Math.max(0, at);
}

function mostFrequent(numbers: readonly number[]): number {
	const counts = new Map<number, number>();
	for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0;
}

/** Words that name a metric's field in a header, before any unit. */
const FIELD_WORDS: readonly [RegExp, string, string][] = [
	[/systol|^sys\b/i, 'blood-pressure', 'systolic'],
	[/diastol|^dia\b/i, 'blood-pressure', 'diastolic'],
	[/resting heart|ruhepuls/i, 'resting-heart-rate', 'resting-heart-rate'],
	[/heart ?rate|pulse?\b|^puls$|^hr$|^bpm$/i, 'heart-rate', 'heart-rate'],
	[/body ?fat|körperfett|^fat\b/i, 'body-fat', 'body-fat'],
	[/^bmi$|body mass index/i, 'bmi', 'bmi'],
	[/weight|gewicht|^body mass$/i, 'weight', 'weight'],
	[/glucose|blutzucker|^bg$|glukose/i, 'glucose', 'glucose'],
	[/temperature|temperatur/i, 'temperature', 'temperature'],
	[/spo2|oxygen|sauerstoff/i, 'oxygen', 'oxygen'],
	[/\bsteps?\b|schritte/i, 'steps', 'steps'],
	[/sleep|schlaf/i, 'sleep', 'sleep'],
	[/^height|größe/i, 'height', 'height'],
	[/waist|taille|bauchumfang/i, 'waist', 'waist'],
	[/distance|strecke/i, 'distance', 'distance'],
	[/water|wasser/i, 'water', 'water']
];

const ROLE_WORDS: readonly [RegExp, Role['as']][] = [
	[/^(end|until|enddate|end ?(date|time)|bis)$/i, 'until'],
	[
		/^(at|when|date ?[&/-]? ?time|timestamp.*|.*\btimestamp.*|zeitpunkt|zeitstempel|start|startdate|start ?(date|time)|datum.*(zeit|uhr).*|measured.*)$/i,
		'when'
	],
	[/^(date|datum|day|tag)$/i, 'date'],
	[/^(time|uhrzeit|zeit)$/i, 'time'],
	[/^(notes?|comments?|notiz(en)?|bemerkung(en)?|kommentar(e)?)$/i, 'note'],
	[/^(metric|type|what|messwert|art)$/i, 'metric'],
	[/^(units?|einheit(en)?)$/i, 'unit'],
	[/^(source|device|gerät|quelle)$/i, 'source'],
	[/^id$/i, 'id']
];

/**
 * @param zone of this device, for times that say no offset
 * @param choices from the person, where the file alone does not say
 */
export function guessMapping(
	file: CsvFile,
	zone: string,
	choices: { readonly dateOrder?: DateOrder } = {}
): { mapping: CsvMapping; questions: Question[] } {
	const questions: Question[] = [];
	const rows = file.lines.slice(file.headerLine + 1);
	const columns = file.header.map((name, column): Role => guessRole(name, rows, column, questions));
	const isLong = columns.some(({ as }) => as === 'metric');
	const values = file.header.map((name, column): Role => {
		if (!isLong || !/^(value|wert|messung)$/i.test(name)) return columns[column]!;
		return { as: 'value', decimal: decimalOf(rows, column, questions) };
	});
	const hasTime = values.some(({ as }) => as === 'when' || as === 'date');
	if (!hasTime || !values.some(({ as }) => as === 'field' || as === 'value')) questions.push({ about: 'columns' });
	let dateOrder = choices.dateOrder;
	if (!dateOrder) {
		const found = dateOrderOf(rows, values);
		if (found === undefined) questions.push({ about: 'dateOrder' });
		dateOrder = found ?? 'ymd';
	}
	return { mapping: { headerLine: file.headerLine, columns: values, dateOrder, zone, source: 'CSV file' }, questions };
}

function guessRole(name: string, rows: readonly (readonly string[])[], column: number, questions: Question[]): Role {
	const plain = name
		.replaceAll(/[([{].*$/g, '')
		.replaceAll(/_/g, ' ')
		.trim();
	const role = ROLE_WORDS.find(([words]) => words.test(plain))?.[1];
	if (role !== undefined && role !== 'value' && role !== 'field') return { as: role };
	const found = FIELD_WORDS.find(([words]) => words.test(plain));
	if (!found) return { as: 'ignore' };
	const [, metric, field] = found;
	const units = metricWithId(metric)!.units;
	const named = unitInHeader(name, units);
	if (named === undefined && units.length > 1) questions.push({ about: 'unit', column });
	return { as: 'field', metric, field, unit: named ?? units[0]!, decimal: decimalOf(rows, column, questions) };
}

/** `Weight (kg)`, `Glucose [mmol/L]`, `Historic Glucose mg/dL`. */
function unitInHeader(name: string, units: readonly string[]): string | undefined {
	const candidates = [...name.matchAll(/[([{]\s*([^)\]}]+?)\s*[)\]}]/g)].map((match) => match[1]!);
	candidates.push(...name.split(/[\s,_]+/).slice(1));
	return candidates.map(unitFromText).find((unit) => isKnownUnit(unit) && units.includes(unit));
}

/** The decimal sign of a column; asks where every comma or point could be either. */
function decimalOf(rows: readonly (readonly string[])[], column: number, questions: Question[]): '.' | ',' {
	const votes = new Set<'.' | ','>();
	let open = false;
	for (const row of rows) {
		const cell = (row[column] ?? '').trim();
		if (!/^[-+−]?[\d.,\s'’]+$/.test(cell)) continue;
		const marks = cell.replaceAll(/[^.,]/g, '');
		if (marks === '') continue;
		const last = marks.at(-1) as '.' | ',';
		const other = last === '.' ? ',' : '.';
		const first = cell.replace(/^[-+−]/, '').split(last)[0]!;
		const digits = cell.length - 1 - cell.lastIndexOf(last);
		if (marks.length > 1 && new Set(marks).size === 1) votes.add(other);
		else if (marks.length > 1 || digits !== 3 || first.length > 3 || /^0?$/.test(first)) votes.add(last);
		else open = true;
	}
	if (votes.size === 2 || (open && votes.size === 0)) questions.push({ about: 'decimal', column });
	return votes.size === 1 ? [...votes][0]! : '.';
}

const SHORT_DATE = /^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})/;

/** Undefined where no date of the file says which part is the month. */
function dateOrderOf(rows: readonly (readonly string[])[], columns: readonly Role[]): DateOrder | undefined {
	const orders = new Set<DateOrder>();
	let open = false;
	for (const [column, { as }] of columns.entries()) {
		if (as !== 'when' && as !== 'date' && as !== 'until') continue;
		for (const row of rows) {
			const parts = SHORT_DATE.exec((row[column] ?? '').trim());
			if (!parts) continue;
			const [first, second] = [Number(parts[1]), Number(parts[2])];
			if (parts[1]!.length === 4) orders.add('ymd');
			else if (first > 12 && second <= 12) orders.add('dmy');
			else if (second > 12 && first <= 12) orders.add('mdy');
			// The same day and month either way says nothing.
			else if (first !== second) open = true;
		}
	}
	if (orders.size === 1) return [...orders][0];
	return orders.size === 0 && !open ? 'ymd' : undefined;
}

/** What a person can choose for a column. */
export function fieldChoices(): { metric: string; field: string; name: string; units: readonly string[] }[] {
	return METRICS.flatMap((metric) =>
		metric.fields.map((field) => ({ metric: metric.id, field: field.id, name: field.name, units: metric.units }))
	);
}
