/**
 * The lines of a CSV file as samples and readings, under a mapping that a person agreed to (csv.ts).
 *
 * Each line is taken or left with a reason that names line and field; nothing is corrected in silence. A line with a
 * note or an id becomes a reading, which can be edited; every other a sample.
 */

import { contentId } from '@slf/platform';
import { foreignMetric, metricWithId, SLEEP, SLEEP_WORDS, type Metric } from '#lib/domain/metrics.ts';
import { checkAmount } from '#lib/domain/reading.ts';
import {
	DAY_SECONDS,
	dayOfDate,
	dateOfDay,
	formatSpan,
	momentAt,
	parseMoment,
	type Moment,
	type Span
} from '#lib/domain/time.ts';
import { convert, unitFromText } from '#lib/domain/units.ts';
import { unguardCell } from '#lib/export/csv.ts';
import type { Collector } from './collector.ts';
import type { CsvFile, CsvMapping, DateOrder, Role } from './csv.ts';
import { ImportError, type Batch, type ImportSummary, type ReadingEntry } from './types.ts';

export interface CsvProblem {
	/** From 1, as an editor counts them; a cell with a line break makes it later than that. */
	readonly line: number;
	/** Name of the column, or of the field. */
	readonly field: string;
	readonly reason: string;
}

interface CsvEntry {
	readonly metric: Metric;
	readonly values: readonly string[];
	readonly unit: string;
	readonly span: Span;
	readonly note: string;
	readonly source: string;
	readonly id: string;
}

export interface CsvPlan {
	readonly entries: readonly CsvEntry[];
	readonly problems: readonly CsvProblem[];
	/** Lines of data. */
	readonly lines: number;
	readonly remarks: readonly string[];
}

export function planCsv(file: CsvFile, mapping: CsvMapping): CsvPlan {
	const entries: CsvEntry[] = [];
	const problems: CsvProblem[] = [];
	const remarks = new Set(file.remarks);
	const rows = file.lines.slice(mapping.headerLine + 1);
	for (const [index, cells] of rows.entries()) {
		const line = mapping.headerLine + 2 + index;
		const wrong = (field: string, reason: string): void => void problems.push({ line, field, reason });
		const span = spanOf(cells, file.header, mapping, wrong, remarks);
		if (!span) continue;
		const before = problems.length;
		const found = entriesOf(cells, file.header, mapping, span, wrong);
		entries.push(...found);
		if (found.length === 0 && problems.length === before) wrong('', 'The line has no value.');
	}
	return { entries, problems, lines: rows.length, remarks: [...remarks] };
}

type Wrong = (field: string, reason: string) => void;

function cellOf(cells: readonly string[], columns: readonly Role[], as: Role['as']): string {
	const at = columns.findIndex((role) => role.as === as);
	if (at < 0) return '';
	const cell = cells[at] ?? '';
	// A note is kept with its spaces.
	return unguardCell(as === 'note' ? cell : cell.trim());
}

function spanOf(
	cells: readonly string[],
	header: readonly string[],
	{ columns, dateOrder, zone }: CsvMapping,
	wrong: Wrong,
	remarks: Set<string>
): Span | undefined {
	const nameOf = (as: Role['as']): string => header[columns.findIndex((role) => role.as === as)] ?? as;
	const date = cellOf(cells, columns, 'date');
	const when = cellOf(cells, columns, 'when') || [date, cellOf(cells, columns, 'time')].join(' ').trim();
	const whenName = nameOf(columns.some(({ as }) => as === 'when') ? 'when' : 'date');
	const start = readTime(when, dateOrder, zone, remarks);
	if (!start) {
		wrong(whenName, when === '' ? 'The time is missing.' : 'The time cannot be read.');
		return undefined;
	}
	const until = cellOf(cells, columns, 'until');
	if (until === '') return start;
	const end = readTime(until, dateOrder, zone, remarks)?.start;
	if (!end || end.seconds < start.start.seconds) {
		wrong(nameOf('until'), end ? 'The end lies before the beginning.' : 'The end cannot be read.');
		return undefined;
	}
	return { start: start.start, end };
}

const DATE = /^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[T ,]+(.*))?$/;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp])?\.?[Mm]?\.?$/;
const SKIPPED = 'Some times do not exist, because the clocks were put forward; they were taken as long after it.';
const NOON = 'The file has no times of day: each total was taken for its whole day, everything else for noon.';

/** A date alone is a whole day: `end` says so. */
function readTime(text: string, order: DateOrder, zone: string, remarks: Set<string>): Span | undefined {
	const moment = parseMoment(text);
	if (moment) return { start: moment };
	const parts = DATE.exec(text);
	if (!parts) return undefined;
	const day = readDate(parts[1]!, parts[2]!, parts[3]!, order);
	if (day === undefined) return undefined;
	const local = (seconds: number): Moment => {
		const { seconds: at, offset, shown } = momentAt(zone, seconds);
		if (shown === 'never') remarks.add(SKIPPED);
		return { seconds: at, offset };
	};
	if (parts[4] === undefined || parts[4] === '') {
		remarks.add(NOON);
		return { start: local(day * DAY_SECONDS), end: local((day + 1) * DAY_SECONDS) };
	}
	const clock = CLOCK.exec(parts[4]);
	if (!clock) return undefined;
	let hour = Number(clock[1]);
	const half = clock[4]?.toLowerCase();
	if (half !== undefined) {
		if (hour < 1 || hour > 12) return undefined;
		hour = (hour % 12) + (half === 'p' ? 12 : 0);
	}
	const [minute, second] = [Number(clock[2]), Number(clock[3] ?? 0)];
	if (hour > 23 || minute > 59 || second > 59) return undefined;
	return { start: local(day * DAY_SECONDS + hour * 3600 + minute * 60 + second) };
}

function readDate(a: string, b: string, c: string, order: DateOrder): number | undefined {
	// Four digits in front are the year, whatever the other dates are like.
	const [year, month, day] = a.length === 4 || order === 'ymd' ? [a, b, c] : order === 'dmy' ? [c, b, a] : [c, a, b];
	if (year.length !== 4 && year.length !== 2) return undefined;
	const fullYear = year.length === 2 ? 2000 + Number(year) : Number(year);
	const number = dayOfDate(fullYear, Number(month), Number(day));
	const back = dateOfDay(number);
	return back.month === Number(month) && back.day === Number(day) ? number : undefined;
}

function entriesOf(
	cells: readonly string[],
	header: readonly string[],
	mapping: CsvMapping,
	span: Span,
	wrong: Wrong
): CsvEntry[] {
	const { columns } = mapping;
	const rest = {
		note: cellOf(cells, columns, 'note'),
		source: cellOf(cells, columns, 'source') || mapping.source,
		id: ownId(cellOf(cells, columns, 'id'))
	};
	const found: CsvEntry[] = [];
	const add = (metric: Metric, values: readonly string[], unit: string): void => {
		const isDay = span.end !== undefined && !columns.some(({ as }) => as === 'until');
		const wholeDay = isDay && metric.telling === 'total';
		const noon = { seconds: span.start.seconds + DAY_SECONDS / 2, offset: span.start.offset };
		const own = isDay && !wholeDay ? { start: noon } : span;
		const checked = checkAmount(metric, { values, unit });
		if (checked.ok) found.push({ metric, values: checked.value.split(' ')[0]!.split('/'), unit, span: own, ...rest });
		else wrong(metric.fields.find(({ id }) => id === checked.field)?.name ?? metric.name, checked.reason);
	};
	const valueAt = columns.findIndex(({ as }) => as === 'value');
	if (valueAt >= 0) {
		const id = cellOf(cells, columns, 'metric');
		const metric = metricWithId(id) ?? foreignMetric(id);
		const value = unguardCell((cells[valueAt] ?? '').trim());
		if (!metric)
			wrong(header[columns.findIndex(({ as }) => as === 'metric')] ?? 'metric', 'This metric is not known here.');
		else if (value === '') wrong(header[valueAt]!, 'The value is missing.');
		// A stage of sleep, as exports write it.
		else if (metric.telling === 'sleep' && SLEEP_WORDS.includes(value) && span.end)
			found.push({ metric, values: [String(SLEEP_WORDS.indexOf(value))], unit: '1', span, ...rest });
		else {
			const unit = unitFromText(cellOf(cells, columns, 'unit')) || metric.units[0]!;
			add(
				metric,
				value.split('/').map((part) => plainNumber(part, columns[valueAt] as { decimal: '.' | ',' })),
				unit
			);
		}
		return found;
	}
	const byMetric = new Map<string, { unit: string; values: Map<string, string> }>();
	for (const [column, role] of columns.entries()) {
		if (role.as !== 'field') continue;
		const cell = unguardCell((cells[column] ?? '').trim());
		if (cell === '') continue;
		const of = byMetric.get(role.metric) ?? { unit: role.unit, values: new Map<string, string>() };
		of.values.set(role.field, plainNumber(cell, role));
		byMetric.set(role.metric, of);
	}
	for (const [id, { unit, values }] of byMetric) {
		const metric = metricWithId(id)!;
		add(
			metric,
			metric.fields.map((field) => values.get(field.id) ?? ''),
			unit
		);
	}
	return found;
}

/** Other programs number their lines: that would make rows of different files one. */
function ownId(cell: string): string {
	return /^(h:[\w-]{43}|[0-9a-z]{26})$/.test(cell) ? cell : '';
}

/** With a point and without thousands; what is no number stays as it is, and is refused by name later. */
function plainNumber(cell: string, { decimal }: { decimal: '.' | ',' }): string {
	if (!/^[-+−]?[\d.,\s'’\u00a0\u202f]+$/.test(cell)) return cell;
	const thousands = decimal === '.' ? ',' : '.';
	return cell.replaceAll(thousands, '').replace(',', '.');
}

/** @throws ImportError where not one line could be read */
export function importCsv(plan: CsvPlan, collector: Collector): { batches: Batch[]; summary: ImportSummary } {
	const { entries, problems } = plan;
	if (entries.length === 0) {
		const first = problems[0];
		throw new ImportError(
			first
				? `No line of this CSV file could be read. Line ${first.line}: ${first.reason}`
				: 'This CSV file has no lines of data.'
		);
	}
	const readings: ReadingEntry[] = [];
	let [first, last] = [Infinity, -Infinity];
	for (const entry of entries) {
		const { metric, values, unit, span, note, source, id } = entry;
		const day = Math.floor((span.start.seconds + span.start.offset * 60) / DAY_SECONDS);
		[first, last] = [Math.min(first, day), Math.max(last, day)];
		if (note !== '' || id !== '') {
			const cells = { metric: metric.id, value: `${values.join('/')} ${unit}`, at: formatSpan(span), note };
			readings.push({ id: id === '' ? contentId(['csv', ...Object.values(cells)]) : id, ...cells });
			continue;
		}
		addSample(collector, metric, values.map(Number), unit, span, collector.source(source, ''));
	}
	const left: Record<string, number> = {};
	for (const { field, reason } of problems) {
		const key = field === '' ? reason : `${field}: ${reason}`;
		left[key] = (left[key] ?? 0) + 1;
	}
	const batches: Batch[] = [...collector.take()];
	if (readings.length > 0) batches.push({ kind: 'readings', rows: readings });
	return {
		batches,
		summary: {
			format: 'csv',
			found: { lines: plan.lines },
			taken: entries.length,
			workouts: 0,
			left,
			first,
			last,
			remarks: [...plan.remarks, ...problems.slice(0, 5).map(({ line, reason }) => `Line ${line}: ${reason}`)]
		}
	};
}

function addSample(
	collector: Collector,
	metric: Metric,
	values: readonly number[],
	unit: string,
	{ start, end }: Span,
	source: string
): void {
	if (metric.telling === 'sleep') {
		const lane = collector.lane(metric, source, '1', start.offset);
		if (unit === '1') return collector.add(lane, start.seconds, end!.seconds - start.seconds, values[0]!);
		const seconds = Math.round(convert(values[0]!, unit, 's')!);
		const from = end ? start.seconds : start.seconds - seconds;
		return collector.add(lane, from, end ? end.seconds - start.seconds : seconds, SLEEP.asleep);
	}
	const lane = collector.lane(metric, source, unit, start.offset);
	collector.add(lane, start.seconds, end ? end.seconds - start.seconds : 0, values[0]!, values[1]);
}
