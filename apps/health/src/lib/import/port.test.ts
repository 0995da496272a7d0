/** The two ends of an import, over a real channel, with a database behind the page's end. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type Platform } from '@slf/platform/node';
import { refreshTotals } from '#lib/data/aggregates.ts';
import { dayTotals } from '#lib/data/totals.ts';
import * as imports from '#lib/data/imports.ts';
import { readBodies } from '#lib/data/profiles.ts';
import { samplesOfDay } from '#lib/data/samples.ts';
import { trackOf, workoutsOf } from '#lib/data/workouts.ts';
import { ME, scopesFor } from '#lib/domain/profile.ts';
import { parseDay } from '#lib/domain/time.ts';
import { ImportClient, serveImports, type ImportPort } from './port.ts';
import { fixtures } from './testing/fixtures-node.ts';

let platform: Platform;
const dir = mkdtempSync(join(tmpdir(), 'health-import-'));
const schema = readFileSync(new URL('../schema.sql', import.meta.url), 'utf8');
let port: ImportPort;
const channel = new MessageChannel();

beforeAll(async () => {
	platform = await openPlatform({ dir, app: 'health', schema });
	serveImports(channel.port2 as unknown as ImportPort, 15_000);
	port = channel.port1 as unknown as ImportPort;
});

afterAll(async () => {
	channel.port1.close();
	await platform.close();
	rmSync(dir, { recursive: true });
});

const me = async () => (await readBodies(platform)).find(({ id }) => id === ME)!;
const options = (more: Partial<imports.ImportOptions> = {}): imports.ImportOptions => ({
	name: 'export.xml',
	signal: new AbortController().signal,
	progress: () => {},
	now: () => 1_772_400_000_000,
	...more
});
const rowsIn = async (tables: readonly string[]) => {
	let rows = 0;
	for (const table of tables) rows += (await platform.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]!.n;
	return rows;
};
const TABLES = [
	'sample_chunks',
	'sources',
	'workouts',
	'tracks',
	'readings',
	'journal',
	'cycle_days',
	'imports',
	'original_pieces',
	'areas'
];

const record = (minute: number, value: number, type = 'StepCount') =>
	`<Record type="HKQuantityTypeIdentifier${type}" sourceName="Watch" unit="count" startDate="2026-03-01 0${7 + Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:00 +0100" endDate="2026-03-01 0${7 + Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:30 +0100" value="${value}"/>`;
const health = (content: string) => new Blob([`<?xml version="1.0"?><HealthData>${content}</HealthData>`]);

test('[HL-20] importing a file writes its rows once: the second time adds none, in any table', async () => {
	const workout =
		'<Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30" durationUnit="min" sourceName="Watch" startDate="2026-03-01 18:00:00 +0100" endDate="2026-03-01 18:30:00 +0100"><WorkoutRoute><Location date="2026-03-01 18:00:00 +0100" latitude="48.1" longitude="11.5" altitude="520" speed="2"/></WorkoutRoute></Workout>';
	const file = health(record(0, 100) + record(1, 50) + workout);
	const first = await imports.importFile(platform, port, file, await me(), options());
	expect(first).toMatchObject({ ok: true, kept: true, summary: { taken: 2, workouts: 1 } });
	expect(first.ok && first.added).toBe(3);
	const before = await rowsIn(TABLES);
	const again = await imports.importFile(platform, port, file, await me(), options({ name: 'other name.xml' }));
	expect(again).toMatchObject({ ok: true, added: 0 });
	expect(await rowsIn(TABLES)).toBe(before);
	await refreshTotals(platform);
	const day = parseDay('2026-03-01')!;
	const { sql, params } = dayTotals(ME, 'steps', day, day);
	expect(await platform.exec(sql, params)).toMatchObject([{ n: 2, sum: 150 }]);
	const scopes = scopesFor(await me(), 'measurements');
	expect(await samplesOfDay(platform, scopes, 'steps', day)).toHaveLength(2);
	const workouts = workoutsOf(scopes, 5);
	const [run] = await platform.exec<{ scope_id: string; id: string; sport: string }>(workouts.sql, workouts.params);
	expect(run?.sport).toBe('Running');
	expect((await trackOf(platform, run!))?.labels).toEqual(['lat deg', 'lon deg', 'altitude m', 'speed m/s']);
});

test('[HL-36] the file itself is kept in the personal scope and comes back byte for byte', async () => {
	const personal = await platform.scopes.personal();
	const { sql, params } = imports.allImports(personal);
	const [row] = await platform.exec<imports.ImportRow>(sql, params);
	expect(row).toMatchObject({ name: 'export.xml', format: 'apple', pieces: 1, profile_id: ME });
	const original = await imports.readOriginal(platform, row!);
	expect(new TextDecoder().decode(original)).toMatch(/^<\?xml version="1.0"\?><HealthData><Record/);
	expect(await platform.exec('SELECT DISTINCT scope_id FROM original_pieces')).toEqual([{ scope_id: personal }]);
	// A piece that is missing, or another size, is no file.
	expect(await imports.readOriginal(platform, { ...row!, pieces: 2 })).toBeUndefined();
	expect(await imports.readOriginal(platform, { ...row!, size: row!.size! + 1 })).toBeUndefined();
});

/** Comments below the length that one may have. */
function chunked(text: string): string[] {
	return Array.from(
		{ length: Math.ceil(text.length / 500_000) },
		(_, at) => `<!--${text.slice(at * 500_000, (at + 1) * 500_000)}-->`
	);
}

test('[HL-36] a file that is too large to be kept says so', async () => {
	let seed = 1;
	// As hexadecimal digits it deflates to a little more than half.
	const noise = Array.from({ length: 3_000_000 }, () =>
		((seed = (seed * 48_271) % 2_147_483_647) & 0xffffff).toString(16)
	);
	const file = new Blob([
		`<?xml version="1.0"?><HealthData>${record(5, 1)}`,
		...chunked(noise.join('')),
		'</HealthData>'
	]);
	const result = await imports.importFile(platform, port, file, await me(), options({ name: 'large.xml' }));
	expect(result).toMatchObject({ ok: true, kept: false, summary: { taken: 1 } });
	const { sql, params } = imports.allImports(await platform.scopes.personal());
	const large = (await platform.exec<imports.ImportRow>(sql, params)).find(({ name }) => name === 'large.xml');
	expect(large).toMatchObject({ pieces: 0, sha256: null });
}, 60_000);

test('[HL-32] an import tells its progress, stops when asked, and goes on where it was', async () => {
	const types = ['HeartRate', 'RestingHeartRate'];
	const minutes = (type: string) =>
		Array.from({ length: 16_000 }, (_, at) =>
			record(at % 120, at % 97, type).replace(
				'2026-03-01',
				`20${10 + Math.floor(at / 2000)}-03-${String(1 + (Math.floor(at / 100) % 28)).padStart(2, '0')}`
			)
		);
	const file = health(types.flatMap(minutes).join(''));
	const controller = new AbortController();
	const told: number[] = [];
	const runs = async () => {
		const { sql, params } = imports.unfinishedImports();
		return platform.exec<{ name: string }>(sql, params);
	};
	const stopped = await imports.importFile(platform, port, file, await me(), {
		...options({ name: 'long.xml' }),
		signal: controller.signal,
		progress: ({ done, of }) => void told.push(done / of),
		// Asked for when the first checkpoint is written down.
		now: () => {
			controller.abort();
			return 1_772_400_000_000;
		}
	});
	expect(stopped).toEqual({ ok: false, reason: 'cancelled', message: 'The import was stopped.' });
	expect(told.length).toBeGreaterThan(1);
	expect(await runs()).toMatchObject([{ name: 'long.xml' }]);
	const rest: number[] = [];
	const done = await imports.importFile(
		platform,
		port,
		file,
		await me(),
		options({ name: 'long.xml', progress: (p) => void rest.push(p.done / p.of) })
	);
	expect(done).toMatchObject({ ok: true, summary: { taken: 32_000 } });
	expect(rest[0]).toBeGreaterThan(0.3);
	expect(await runs()).toEqual([]);
	const before = await rowsIn(['sample_chunks']);
	expect(await imports.importFile(platform, port, file, await me(), options())).toMatchObject({ ok: true, added: 0 });
	expect(await rowsIn(['sample_chunks'])).toBe(before);
});

test('[HL-30] a file that is no import is refused with its reason, and leaves nothing', async () => {
	const before = await rowsIn([...TABLES, 'import_runs']);
	const zip = new Blob(['PK\u0003\u0004 and nothing more']);
	expect(await imports.importFile(platform, port, zip, await me(), options())).toMatchObject({
		ok: false,
		reason: 'file'
	});
	expect(await rowsIn([...TABLES, 'import_runs'])).toBe(before);
	// Also after an import that was stopped.
	await expect(new ImportClient(port).inspect(new Blob(['']), 'UTC')).rejects.toThrow('This file is empty.');
});

test('[HL-33] a CSV file is looked at first, asks, and is imported as it was answered', async () => {
	const client = new ImportClient(port);
	const file = new Blob(['Date,Weight\n3/4/2026,72.5\n']);
	const { kind, csv } = await client.inspect(file, 'Europe/Berlin');
	expect(kind).toBe('csv');
	expect(csv!.questions).toEqual([{ about: 'unit', column: 1 }, { about: 'dateOrder' }]);
	const answered = await client.inspect(file, 'Europe/Berlin', { dateOrder: 'dmy' });
	expect(answered.csv!.questions).toEqual([{ about: 'unit', column: 1 }]);
	const mapping = {
		...answered.csv!.mapping,
		columns: answered.csv!.mapping.columns.map((role) => (role.as === 'field' ? { ...role, unit: '[lb_av]' } : role))
	};
	const agreed = await client.inspect(file, 'Europe/Berlin', { mapping });
	expect(agreed.csv).toMatchObject({ questions: [], readable: 1, problemCount: 0 });
	const result = await imports.importFile(
		platform,
		port,
		file,
		await me(),
		options({ csv: { delimiter: ',', mapping } })
	);
	expect(result).toMatchObject({ ok: true, added: 1, summary: { taken: 1 } });
	const scopes = scopesFor(await me(), 'measurements');
	expect(await samplesOfDay(platform, scopes, 'weight', parseDay('2026-04-03')!)).toMatchObject([
		{ values: [72.5], unit: '[lb_av]' }
	]);
	expect(await imports.importFile(platform, port, file, await me(), options())).toMatchObject({
		ok: false,
		reason: 'file'
	});
});

test('[HL-30] every fixture of Health is imported, or refused with a readable reason', async () => {
	for (const { name, bytes } of fixtures('.', /\.(xml|fit|gpx)$/)) {
		const result = await imports.importFile(platform, port, new Blob([bytes]), await me(), options({ name }));
		if (result.ok) expect(result.summary.taken + result.summary.workouts, name).toBeGreaterThan(0);
		else expect(result.message, name).toMatch(/^[A-Z][^{}<>]{20,}\.$/);
	}
});
