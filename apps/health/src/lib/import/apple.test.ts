import { expect, test } from 'vitest';
import Papa from 'papaparse';
import { unpackTable, type ChunkRow } from '#lib/domain/sample-chunk.ts';
import { formatMoment } from '#lib/domain/time.ts';
import { archive } from './testing/archive.ts';
import { fixtures, recorded } from './testing/fixtures-node.ts';
import { kindOfFile, runImport } from './run.ts';
import { bytesOf, ImportError, type Batch, type Bytes, type Checkpoint, type ImportSummary } from './types.ts';
import { XmlScanner, type Tag } from './xml.ts';

interface Imported {
	summary: ImportSummary;
	batches: Batch[];
	checkpoints: Checkpoint[];
}

async function importFile(file: Blob | Bytes, resume?: Checkpoint): Promise<Imported> {
	const batches: Batch[] = [];
	const checkpoints: Checkpoint[] = [];
	const summary = await runImport(
		{ file: file instanceof Blob ? bytesOf(file) : file, portion: 5000, ...(resume ? { resume } : {}) },
		{
			write: async (more, checkpoint) => {
				batches.push(...more);
				if (checkpoint) checkpoints.push(checkpoint);
			},
			progress: () => {},
			pause: async () => {},
			signal: new AbortController().signal
		}
	);
	return { summary, batches, checkpoints };
}

const chunksOf = ({ batches }: Pick<Imported, 'batches'>): ChunkRow[] =>
	batches.flatMap((batch) => (batch.kind === 'chunks' ? batch.rows : []));
const health = (content: string) =>
	new Blob([
		`<?xml version="1.0"?>\n<HealthData locale="de_DE">\n<ExportDate value="2026-03-01 08:00:00 +0100"/>${content}</HealthData>`
	]);
const record = (type: string, value: string, more = '', start = '2026-03-01 07:30:00 +0100', end = start) =>
	`<Record type="HK${type}" sourceName="Watch" startDate="${start}" endDate="${end}" value="${value}" ${more}/>`;

/** Samples of all chunks of a metric: begin, seconds, values. */
function samplesOf(imported: Pick<Imported, 'batches'>, metric: string): [string, number, ...number[]][] {
	return chunksOf(imported)
		.filter((chunk) => chunk.metric === metric)
		.flatMap(({ body }) => {
			const table = unpackTable(body);
			return Array.from(table.times, (time, row): [string, number, ...number[]] => [
				formatMoment({ seconds: time, offset: table.offset }),
				table.durations[row]!,
				...table.columns.map((column) => column[row]!)
			]);
		});
}

test('[HL-30] the export of the fixtures gives the records, workouts and days that another program recorded', async () => {
	for (const { bytes } of fixtures('applehealthdata', /\.xml$/)) {
		const seen: Record<string, Record<string, string>[]> = {};
		const listener = {
			open(tag: Tag) {
				const type = tag.name === 'Record' ? tag.get('type')!.replace(/^HKQuantityTypeIdentifier/, '') : tag.name;
				(seen[type] ??= []).push({ ...tag.attributes(), ...(tag.name === 'Record' ? { type } : {}) });
			},
			close() {}
		};
		new XmlScanner(listener, { doctype: 'skip' }).push(bytes);
		for (const name of ['StepCount', 'DistanceWalkingRunning', 'Workout', 'ActivitySummary']) {
			const { data } = Papa.parse<Record<string, string>>(recorded(`applehealthdata/${name}.csv`), {
				header: true,
				skipEmptyLines: true
			});
			expect(data.length).toBeGreaterThan(0);
			const columns = Object.keys(data[0]!);
			expect(
				seen[name]!.map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? ''])))
			).toEqual(data);
		}
		// And what is stored are those values, at those times.
		const imported = await importFile(new Blob([bytes]));
		for (const [name, metric] of [
			['StepCount', 'steps'],
			['DistanceWalkingRunning', 'distance']
		] as const) {
			const { data } = Papa.parse<Record<string, string>>(recorded(`applehealthdata/${name}.csv`), {
				header: true,
				skipEmptyLines: true
			});
			const wanted = data.map(
				({ startDate, value }) => `${Date.parse(startDate!.replace(' ', 'T').replace(' ', ''))} ${Number(value)}`
			);
			const stored = samplesOf(imported, metric).map(([at, , value]) => `${Date.parse(at)} ${value}`);
			expect(stored.toSorted()).toEqual([...new Set(wanted)].toSorted());
		}
	}
});

test('[HL-30] of every fixture each record is taken or left with a reason: the two add up to what grep counts', async () => {
	for (const { name, bytes } of [
		...fixtures('applehealthdata', /\.xml$/),
		...fixtures('healthkit-to-sqlite', /\.xml$/)
	]) {
		const text = new TextDecoder().decode(bytes);
		const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
		const { summary } = await importFile(new Blob([bytes]));
		const records = Object.entries(summary.found).reduce(
			(sum, [type, n]) => (type === 'ActivitySummary' ? sum : sum + n),
			0
		);
		const left = Object.values(summary.left).reduce((sum, n) => sum + n, 0);
		expect(records, name).toBe(count(/<Record /g));
		expect(summary.found['ActivitySummary'] ?? 0, name).toBe(count(/<ActivitySummary /g));
		expect(summary.workouts, name).toBe(count(/<Workout /g));
		expect(summary.taken + left, name).toBe(records + count(/<ActivitySummary /g));
	}
});

test('[HL-30] the archive of the fixtures is an export too, and a route within it becomes a track', async () => {
	for (const { name, bytes } of fixtures('healthkit-to-sqlite/zip_contents', /\.xml$/)) {
		const gpx =
			'<gpx creator="Apple"><trk><trkseg><trkpt lat="37.7" lon="-122.4"><ele>21</ele><time>2016-11-14T15:25:44Z</time></trkpt></trkseg></trk></gpx>';
		const zip = archive([
			{
				name: 'apple_health_export/export_cda.xml',
				bytes: new TextEncoder().encode(`<ClinicalDocument>${' '.repeat(9000)}</ClinicalDocument>`)
			},
			{ name: 'apple_health_export/Exportación.xml', bytes },
			{ name: 'apple_health_export/workout-routes/route_2019-06-11_3.00pm.gpx', bytes: new TextEncoder().encode(gpx) },
			{ name: 'apple_health_export/electrocardiograms/ecg.csv', bytes: new TextEncoder().encode('x') }
		]);
		const { summary, batches } = await importFile(zip);
		expect(summary.workouts, name).toBe(1);
		expect(summary.left['other files of the archive, such as electrocardiograms and clinical documents']).toBe(2);
		const tracks = batches.flatMap((batch) => (batch.kind === 'tracks' ? batch.rows : []));
		const workouts = batches.flatMap((batch) => (batch.kind === 'workouts' ? batch.rows : []));
		expect(tracks.map(({ workout }) => workout)).toEqual(workouts.map(({ id }) => id));
		expect(unpackTable(tracks[0]!.body).labels).toEqual(['lat deg', 'lon deg', 'altitude m']);
	}
});

test('[HL-30] the halves of a blood pressure are one sample, though they stand in the file twice', async () => {
	const pressure = (part: string, value: number) =>
		record(`QuantityTypeIdentifierBloodPressure${part}`, String(value), 'unit="mmHg"');
	const both = pressure('Systolic', 120) + pressure('Diastolic', 80);
	const alone = pressure('Systolic', 130).replaceAll('07:30', '09:30');
	const correlation = `<Correlation type="HKCorrelationTypeIdentifierBloodPressure" sourceName="Watch" startDate="x" endDate="x">${both}</Correlation>`;
	const imported = await importFile(health(both + alone + correlation));
	expect(samplesOf(imported, 'blood-pressure')).toEqual([['2026-03-01T07:30:00+01:00', 0, 120, 80]]);
	expect(imported.summary.taken).toBe(2);
	expect(imported.summary.left).toEqual({ 'stands in the file a second time': 2, 'half of a blood pressure': 1 });
});

test('[HL-1] values keep their number and their unit; a quantity without a place is kept under its own name', async () => {
	const imported = await importFile(
		health(
			record('QuantityTypeIdentifierOxygenSaturation', '0.97', 'unit="%"') +
				record('QuantityTypeIdentifierBodyMass', '159.83', 'unit="lb"') +
				record('QuantityTypeIdentifierDietaryCaffeine', '0.063', 'unit="mg"') +
				record('QuantityTypeIdentifierBloodGlucose', '5.5', 'unit="mmol&lt;180.1558800000541&gt;/L"')
		)
	);
	const units = chunksOf(imported).map(({ metric, body }) => [
		metric,
		unpackTable(body).labels[0],
		unpackTable(body).columns[0]![0]
	]);
	expect(units.toSorted()).toEqual([
		['glucose', 'mmol/L', 5.5],
		['oxygen', '1', 0.97],
		['weight', '[lb_av]', 159.83],
		['x:DietaryCaffeine:mg', 'mg', 0.063]
	]);
});

test('[HL-10] cycle, symptoms and minutes of calm go to the scopes of their own sensitivity', async () => {
	const { batches, summary } = await importFile(
		health(
			record('CategoryTypeIdentifierMenstrualFlow', 'HKCategoryValueMenstrualFlowHeavy') +
				record(
					'CategoryTypeIdentifierIntermenstrualBleeding',
					'HKCategoryValueNotApplicable',
					'',
					'2026-02-10 08:00:00 +0100'
				) +
				record('QuantityTypeIdentifierBasalBodyTemperature', '36.62', 'unit="degC"') +
				record('CategoryTypeIdentifierHeadache', 'HKCategoryValueSeverityModerate') +
				record(
					'CategoryTypeIdentifierMindfulSession',
					'',
					'',
					'2026-03-01 07:30:00 +0100',
					'2026-03-01 07:40:00 +0100'
				) +
				record('CategoryTypeIdentifierSexualActivity', 'HKCategoryValueNotApplicable') +
				record('QuantityTypeIdentifierHeartRate', 'many', 'unit="count/min"') +
				record('QuantityTypeIdentifierHeartRate', '61', 'unit="count/min"', 'yesterday')
		)
	);
	const kinds = batches.map((batch) => ('into' in batch ? `${batch.kind} ${batch.into}` : batch.kind));
	expect(kinds.toSorted()).toEqual(['chunks mind', 'cycle', 'journal', 'sources mind']);
	const cycle = batches.find((batch) => batch.kind === 'cycle')!;
	expect(cycle.rows).toMatchObject([{ bleeding: 4, temperature: '36.62 Cel' }, { bleeding: 1 }]);
	expect(batches.find((batch) => batch.kind === 'journal')!.rows).toMatchObject([
		{ entry: { name: 'Headache', level: 2 } }
	]);
	expect(samplesOf({ batches }, 'mindfulness')).toEqual([['2026-03-01T07:30:00+01:00', 600, 10]]);
	expect(summary.taken).toBe(5);
	expect(summary.left).toEqual({
		'a kind that has no place here': 1,
		'a value that is no number': 1,
		'a time that cannot be read': 1
	});
});

test('[HL-23] seventy-three devices that differ in an address are one source', async () => {
	const rows = Array.from({ length: 73 }, (_, at) =>
		record(
			'QuantityTypeIdentifierStepCount',
			'10',
			`unit="count" device="&lt;&lt;HKDevice: 0x28${at}&gt;, name:Watch, model:Watch&gt;"`,
			`2026-03-01 08:${String(at % 60).padStart(2, '0')}:${at < 60 ? '00' : '30'} +0100`
		)
	);
	const { batches } = await importFile(health(rows.join('\n')));
	const sources = batches.flatMap((batch) => (batch.kind === 'sources' ? batch.rows : []));
	expect(sources).toMatchObject([{ name: 'Watch', kind: 'worn' }]);
	expect(samplesOf({ batches }, 'steps')).toHaveLength(73);
});

const many = (count: number) =>
	Array.from({ length: count }, (_, at) => {
		const minute = String(at % 60).padStart(2, '0');
		const hour = String(Math.floor(at / 60) % 24).padStart(2, '0');
		const date = String(1 + (Math.floor(at / 1440) % 28)).padStart(2, '0');
		return record(
			'QuantityTypeIdentifierHeartRate',
			String(50 + (at % 90)),
			'unit="count/min"',
			`2026-02-${date} ${hour}:${minute}:00 +0100`
		);
	}).join('\n');

test('[HL-30] a file that ends in the middle gives all that is whole, and says where it broke off', async () => {
	const whole = health(many(1000));
	const { summary, batches } = await importFile(whole.slice(0, whole.size - 40_000));
	const text = await whole.slice(0, whole.size - 40_000).text();
	const complete = [...text.matchAll(/<Record [^>]*\/>/g)].length;
	expect(summary.taken).toBe(complete);
	expect(complete).toBeGreaterThan(500);
	expect(samplesOf({ batches }, 'heart-rate')).toHaveLength(complete);
	expect(summary.brokenAt).toBe(new TextEncoder().encode(text.slice(0, text.lastIndexOf('<Record')).trimEnd()).length);
	expect(summary.remarks[0]).toMatch(
		/^The file ends in the middle: everything before byte \d+ was taken in, nothing after it\.$/
	);
});

test('[HL-30] what is no export is refused with a sentence, and nothing comes of it', async () => {
	const failure = async (content: string) => {
		const error = await importFile(new Blob([content])).catch((reason: unknown) => reason);
		expect(error).toBeInstanceOf(ImportError);
		return (error as ImportError).message;
	};
	expect(await failure('')).toBe('This file is empty.');
	expect(await failure('<?xml version="1.0"?><KeePassFile/>')).toBe('This file is no Apple Health export.');
	expect(await failure('<svg onload="alert(1)"/>')).toMatch(/not known here/);
	expect(await failure('\u0000\u0001\u0002\u0003 binary')).toMatch(/kind that is not known/);
	expect(
		await failure('<?xml version="1.0"?><a><Record type="HKQuantityTypeIdentifierStepCount" value="1"/></a>')
	).toMatch(/no Apple Health/);
	expect(await kindOfFile(bytesOf(new Blob(['a;b\n1;2'])))).toBe('csv');
});

/** As a stream that can be stopped: pieces of 64 KiB. */
async function cutAfter(file: Blob, pieces: number): Promise<Imported & { cut: boolean }> {
	const controller = new AbortController();
	const batches: Batch[] = [];
	const checkpoints: Checkpoint[] = [];
	const bytes = bytesOf(file);
	let read = 0;
	const stream = async function* (from: number) {
		const all = await bytes.read(from, bytes.size);
		for (let at = 0; at < all.length; at += 65_536) {
			if (++read > pieces) controller.abort();
			yield all.subarray(at, at + 65_536);
		}
	};
	const host = {
		write: async (more: readonly Batch[], checkpoint?: Checkpoint) => {
			batches.push(...more);
			if (checkpoint) checkpoints.push(checkpoint);
		},
		progress: () => {},
		pause: async () => {},
		signal: controller.signal
	};
	const outcome = await runImport({ file: { ...bytes, stream }, portion: 5000 }, host).catch(() => undefined);
	return { summary: outcome!, batches, checkpoints, cut: outcome === undefined };
}

test('[HL-32] an import that is stopped goes on from its last checkpoint, and ends with the same rows and the same counts', async () => {
	const types = ['HeartRate', 'RestingHeartRate', 'WalkingHeartRateAverage'];
	const parts = types.map((type) => many(6000).replaceAll('IdentifierHeartRate', `Identifier${type}`));
	const pressure = record('QuantityTypeIdentifierBloodPressureSystolic', '120', 'unit="mmHg"');
	const file = health(
		`${pressure}\n${parts.join('\n')}\n${pressure.replace('Systolic', 'Diastolic').replace('120', '80')}`
	);
	const whole = await importFile(file);
	expect(whole.checkpoints.length).toBeGreaterThanOrEqual(2);
	const stopped = await cutAfter(file, Math.floor(file.size / 65_536 / 2));
	expect(stopped.cut).toBe(true);
	const checkpoint = stopped.checkpoints.at(-1)!;
	const rest = await importFile(file, checkpoint);
	const ids = (imported: Pick<Imported, 'batches'>) => chunksOf(imported).map(({ id }) => id);
	expect([...new Set([...ids(stopped), ...ids(rest)])].toSorted()).toEqual(ids(whole).toSorted());
	expect(ids(rest).length).toBeLessThan(ids(whole).length);
	expect(rest.summary).toEqual(whole.summary);
	// A checkpoint that fits another file is not used.
	expect((await importFile(file, { ...checkpoint, at: checkpoint.at + 1 })).summary).toEqual(whole.summary);
});
