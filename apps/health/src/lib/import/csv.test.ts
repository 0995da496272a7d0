import { expect, test } from 'vitest';
import { unpackTable } from '#lib/domain/sample-chunk.ts';
import { formatMoment } from '#lib/domain/time.ts';
import { Collector } from './collector.ts';
import { importCsv, planCsv, type CsvPlan } from './csv-rows.ts';
import { delimitersOf, guessMapping, readCsv, textOfCsv, type CsvMapping, type DateOrder } from './csv.ts';
import { ImportError } from './types.ts';

const ZONE = 'Europe/Berlin';

function look(text: string, choices: { dateOrder?: DateOrder; delimiter?: string } = {}) {
	const [delimiter] = choices.delimiter === undefined ? delimitersOf(text) : [choices.delimiter];
	const file = readCsv(text, delimiter!);
	return { file, delimiter, ...guessMapping(file, ZONE, choices.dateOrder ? { dateOrder: choices.dateOrder } : {}) };
}

const shown = ({ entries }: CsvPlan) =>
	entries.map(
		({ metric, values, unit, span }) => `${metric.id} ${values.join('/')} ${unit} ${formatMoment(span.start)}`
	);
const plan = (text: string, change: Partial<CsvMapping> = {}) => {
	const { file, mapping, questions } = look(text);
	expect(questions).toEqual([]);
	return planCsv(file, { ...mapping, ...change });
};

test('[HL-33] columns, separators, decimal commas and units are told from the file', () => {
	const text =
		'Datum;Uhrzeit;Gewicht (kg);Körperfett (%);Bemerkung\n01.03.2026;07:30;72,5;18,2;\n14.03.2026;07:45;72,0;;nach dem Sport\n';
	expect(shown(plan(text))).toEqual([
		'weight 72.5 kg 2026-03-01T07:30:00+01:00',
		'body-fat 18.2 % 2026-03-01T07:30:00+01:00',
		'weight 72.0 kg 2026-03-14T07:45:00+01:00'
	]);
	const pressure = 'Timestamp,Systolic mmHg,Diastolic mmHg,Pulse\n2026-07-01 07:30:00,120,80,61\n';
	expect(shown(plan(pressure))).toEqual([
		'blood-pressure 120/80 mm[Hg] 2026-07-01T07:30:00+02:00',
		'heart-rate 61 /min 2026-07-01T07:30:00+02:00'
	]);
});

test('[HL-33] 3/4/2026 could be March or April: it asks, and takes the answer', () => {
	const text = 'Date,Weight (kg)\n3/4/2026,72.5\n5/6/2026,72.4\n';
	expect(look(text).questions).toEqual([{ about: 'dateOrder' }]);
	const day = (dateOrder: DateOrder) => {
		const { file, mapping } = look(text, { dateOrder });
		return shown(planCsv(file, mapping))[0];
	};
	expect(day('dmy')).toBe('weight 72.5 kg 2026-04-03T12:00:00+02:00');
	expect(day('mdy')).toBe('weight 72.5 kg 2026-03-04T12:00:00+01:00');
	expect(look('Date,Weight (kg)\n3/14/2026,72.5\n').mapping.dateOrder).toBe('mdy');
	expect(look('Date,Weight (kg)\n14/3/2026,72.5\n5/5/2026,72\n').questions).toEqual([]);
	// Two dates that contradict each other cannot be one order.
	expect(look('Date,Weight (kg)\n14/3/2026,72.5\n3/14/2026,72\n').questions).toEqual([{ about: 'dateOrder' }]);
});

test('[HL-33] 1,234 could be one or a thousand: it asks, unless another number of the column tells', () => {
	expect(look('Date;Steps\n2026-03-14;1,234\n').questions).toEqual([{ about: 'decimal', column: 1 }]);
	expect(look('Date;Steps\n2026-03-14;1,234\n2026-03-15;1,234,567\n').questions).toEqual([]);
	expect(look('Date;Weight (kg)\n2026-03-14;72,250\n2026-03-15;71,9\n').mapping.columns[1]).toMatchObject({
		decimal: ','
	});
	expect(look('Date;Weight (kg)\n2026-03-14;72,5\n2026-03-15;71.9\n').questions).toEqual([
		{ about: 'decimal', column: 1 }
	]);
});

test('[HL-33] a weight without a unit asks for it, a file that two separators cut asks which', () => {
	expect(look('Date,Weight\n2026-03-14,72.5\n').questions).toEqual([{ about: 'unit', column: 1 }]);
	const both = 'Date;x,Weight;y\n2026-03-14;1,5;2\n2026-03-15;1,6;2\n';
	expect(delimitersOf(both)).toEqual([',', ';']);
	expect(look('Wort;Zahl\nabc;1\n').questions).toEqual([{ about: 'columns' }]);
	expect(delimitersOf('a line of prose\nand another')).toEqual([]);
});

test('[HL-3] what is wrong in a line is said with line and field, and the rest is taken', () => {
	const text =
		'Timestamp,Weight (kg),Glucose (mg/dL)\n2026-03-14 07:30,7250,100\n2026-02-30 07:30,72,\n,72,\n2026-03-15 07:30,,High\n2026-03-16 07:30,72.5,\n';
	const { problems, entries } = plan(text);
	expect(problems).toEqual([
		{ line: 2, field: 'Weight', reason: 'Weight must be between 0.3 and 700.0 kg.' },
		{ line: 3, field: 'Timestamp', reason: 'The time cannot be read.' },
		{ line: 4, field: 'Timestamp', reason: 'The time is missing.' },
		{ line: 5, field: 'Glucose', reason: 'Glucose is not a number.' }
	]);
	expect(entries).toHaveLength(2);
	const { summary } = importCsv({ problems, entries, lines: 5, remarks: [] }, new Collector());
	expect(summary).toMatchObject({ taken: 2, left: { 'Weight: Weight must be between 0.3 and 700.0 kg.': 1 } });
	expect(() => importCsv(plan('Timestamp,Pulse\n2026-03-14 07:30,9999\n'), new Collector())).toThrow(
		/^No line of this CSV file could be read. Line 2: Heart rate/
	);
});

test('[HL-33] lines above the table are passed over, as glucose meters write them', () => {
	const text =
		'Patient,Anna\nGlucose data generated on,14-03-2026\nDevice,Device Timestamp,Historic Glucose mmol/L\nLibre,14-03-2026 07:30,5.5\n';
	const { file, mapping, questions } = look(text);
	expect(questions).toEqual([]);
	expect(file.header).toEqual(['Device', 'Device Timestamp', 'Historic Glucose mmol/L']);
	expect(shown(planCsv(file, mapping))).toEqual(['glucose 5.5 mmol/L 2026-03-14T07:30:00+01:00']);
});

test('[HL-41] a time that does not exist is taken as long after the jump, and that is said', () => {
	const { remarks, entries } = plan('Timestamp,Pulse\n2026-03-29 02:30,61\n');
	expect(formatMoment(entries[0]!.span.start)).toBe('2026-03-29T03:30:00+02:00');
	expect(remarks[0]).toMatch(/do not exist/);
	expect(plan('Timestamp,Pulse\n2026-03-29 07:30 PM,61\n').entries[0]!.span.start.seconds).toBe(
		Date.parse('2026-03-29T19:30+02:00') / 1000
	);
});

test('a total with a date alone is of its whole day, anything else of noon, and that is said', () => {
	const { entries, remarks } = plan('Date,Steps,Pulse\n2026-03-14,8000,61\n');
	const [steps, pulse] = entries;
	expect([steps!.span.start, steps!.span.end].map((moment) => formatMoment(moment!))).toEqual([
		'2026-03-14T00:00:00+01:00',
		'2026-03-15T00:00:00+01:00'
	]);
	expect(formatMoment(pulse!.span.start)).toBe('2026-03-14T12:00:00+01:00');
	expect(remarks[0]).toMatch(/no times of day/);
});

test('[HL-20] the same file gives the same chunks and the same readings, wherever it is imported', () => {
	const text = 'Timestamp,Weight (kg),Note\n2026-03-14 07:30,72.5,\n2026-03-15 07:30,72.4,after sports\n';
	const run = () => importCsv(plan(text), new Collector()).batches;
	expect(run()).toEqual(run());
	const [sources, chunks, readings] = run();
	expect(sources).toMatchObject({ kind: 'sources', rows: [{ name: 'CSV file' }] });
	expect(chunks?.kind === 'chunks' && unpackTable(chunks.rows[0]!.body)).toMatchObject({ labels: ['kg'], offset: 60 });
	expect(readings).toMatchObject({
		kind: 'readings',
		rows: [{ metric: 'weight', value: '72.4 kg', note: 'after sports' }]
	});
});

test('a column that numbers the lines is no id: two files would overwrite each other', () => {
	const { entries } = plan(
		'id,Timestamp,Pulse\n1,2026-03-14 07:30,61\nh:_1G8k4yHAZ0hxQPp9OQvNtIR0Nbxo10X6qkqhSZWSWI,2026-03-15 07:30,62\n'
	);
	expect(entries.map(({ id }) => id)).toEqual(['', 'h:_1G8k4yHAZ0hxQPp9OQvNtIR0Nbxo10X6qkqhSZWSWI']);
});

test('text that is not UTF-8 is read as Windows text, and that is said', () => {
	const { text, remarks } = textOfCsv(Uint8Array.from([0x47, 0x72, 0xf6, 0xdf, 0x65]));
	expect(text).toBe('Größe');
	expect(remarks).toHaveLength(1);
	expect(textOfCsv(new TextEncoder().encode('\ufeffa')).text).toBe('a');
});

test('T68 cells of any content are only ever text: no prototype, no formula, no crash', () => {
	const cells = ['__proto__', 'constructor', '=cmd|calc', '\ud800', '"', 'NaN', '1e999', '{"a":1}', '-'.repeat(10_000)];
	const text = `Timestamp,Pulse,__proto__,constructor\n${cells.map((cell) => `2026-03-14 07:30,"${cell.replaceAll('"', '""')}",1,2`).join('\n')}\n`;
	const { entries, problems } = plan(text);
	expect([entries.length, problems.length]).toEqual([0, cells.length]);
	expect(({} as Record<string, unknown>)['Pulse']).toBeUndefined();
	const wide = `Timestamp,Pulse${',x'.repeat(600)}\n2026-03-14 07:30,61${',1'.repeat(600)}\n`;
	expect(() => readCsv(wide, ',')).toThrow(ImportError);
});
