import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type Platform } from '@slf/platform/node';
import { doseId } from '#lib/domain/dose.ts';
import type { Sensitivity } from '#lib/domain/metrics.ts';
import { ME, type Body } from '#lib/domain/profile.ts';
import { chunkRow, type ChunkRow } from '#lib/domain/sample-chunk.ts';
import { parseDay, parseMoment } from '#lib/domain/time.ts';
import { keepTotals, refreshTotals } from './aggregates.ts';
import { dayTotals, hourTallies, hourTotals, latestTotals, metricsWithTotals, waitingDays } from './totals.ts';
import * as days from './days.ts';
import * as medications from './medications.ts';
import * as profiles from './profiles.ts';
import type { Query } from './query.ts';
import * as readings from './readings.ts';
import * as samples from './samples.ts';

/** The real engine over a real folder: what is tested here is the SQL, and it has nothing to say without one. */
let platform: Platform;
let personal: string;
const dir = mkdtempSync(join(tmpdir(), 'health-data-'));
const schema = readFileSync(new URL('../schema.sql', import.meta.url), 'utf8');

beforeAll(async () => {
	platform = await openPlatform({ dir, app: 'health', schema });
	personal = await platform.scopes.personal();
});

afterAll(async () => {
	await platform.close();
	rmSync(dir, { recursive: true });
});

const ask = <R extends object>(query: Query<R>) => platform.exec<R>(query.sql, query.params);
const bodyOf = async (id: string): Promise<Body> =>
	(await profiles.readBodies(platform)).find((body) => body.id === id)!;
const scopeOf = async (kind: Sensitivity, id: string = ME) => profiles.scopeToWrite(platform, await bodyOf(id), kind);
const count = async (table: string) => (await platform.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]!.n;

const day = parseDay('2026-03-01')!;
const at = (text: string) => parseMoment(text)!;
let now = 1_772_400_000_000;

function steps(source: string, from: string, values: number[]): ChunkRow {
	const { seconds, offset } = at(from);
	return chunkRow('steps', source, Math.floor((seconds + offset * 60) / 86_400), {
		ms: false,
		offset,
		labels: ['{steps}'],
		times: Float64Array.from(values, (_, minute) => seconds + minute * 60),
		durations: new Float64Array(values.length).fill(60),
		columns: [Float64Array.from(values)]
	});
}

test('[HL-10] a scope is made when it is first written to, and two commands at once make one', async () => {
	expect((await bodyOf(ME)).areas).toEqual([]);
	const [first, second] = await Promise.all([scopeOf('measurements'), scopeOf('measurements')]);
	expect(first).toBe(second);
	expect(await scopeOf('measurements')).toBe(first);
	expect((await bodyOf(ME)).areas).toMatchObject([{ kind: 'measurements', role: 'OWNER' }]);
	expect(await platform.exec('SELECT * FROM making')).toEqual([]);
});

test('[HL-10] a scope that was made in the moment before a crash is found again', async () => {
	await platform.exec("INSERT INTO making (profile_id, kind) VALUES ('me', 'mind')");
	const lost = await platform.scopes.create('mind', { name: '' });
	await profiles.continueMaking(platform);
	expect(await scopeOf('mind')).toBe(lost.scope);
	expect(await platform.exec('SELECT * FROM making')).toEqual([]);
});

test('[HL-10] nothing inside a scope tells of a profile or of another scope', async () => {
	const child = await profiles.createProfile(platform, {
		name: 'Ben',
		relation: 'child',
		birth: '2020-05-05',
		sex: ''
	});
	const scopes: string[] = [];
	for (const kind of ['measurements', 'medication', 'cycle', 'mind'] as const) scopes.push(await scopeOf(kind, child));
	await readings.addReading(platform, scopes[0]!, 'weight', {
		value: '20 kg',
		at: '2026-03-01T07:30:00+01:00',
		note: ''
	});
	await samples.writeSources(platform, scopes[0]!, [{ id: 'h:phone', name: 'Phone', kind: 'phone' }]);
	await samples.writeChunks(platform, scopes[0]!, [steps('h:phone', '2026-03-01T08:00:00+01:00', [10, 20])]);
	await medications.addMedication(platform, scopes[1]!, { name: 'Drops', strength: '', note: '' }, undefined);
	await days.setCycleDay(platform, scopes[2]!, day, { bleeding: 2 });
	await days.addJournalEntry(platform, scopes[3]!, {
		kind: 'mood',
		name: '',
		level: 4,
		at: at('2026-03-01T08:00:00Z'),
		note: ''
	});
	const list = await platform.scopes.list();
	const infos = list.filter(({ scope }) => scopes.includes(scope));
	expect(new Set(infos.map(({ id }) => id)).size).toBe(4);
	const secrets = [child, '2020-05-05', ...infos.flatMap(({ id, scope }) => [id, scope])];
	const tables = await platform.exec<{ name: string }>(
		`SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'scope_id'
			WHERE m.type = 'table' AND m.name NOT IN ('stale_days', 'computed_scopes')`
	);
	let rows = 0;
	for (const { name } of tables.filter((table) => !/crsql|slf_/.test(table.name)))
		for (const row of await platform.exec(
			`SELECT * FROM "${name}" WHERE scope_id IN (${scopes.map(() => '?')})`,
			scopes
		)) {
			rows++;
			for (const [column, value] of Object.entries(row))
				if (column !== 'scope_id')
					for (const secret of secrets) expect(String(value), `${name}.${column}`).not.toContain(secret);
		}
	expect(rows).toBeGreaterThan(5);
	// What ties them together stands in the personal scope alone.
	expect(await platform.exec('SELECT DISTINCT scope_id FROM areas')).toEqual([{ scope_id: personal }]);
	expect(await platform.exec('SELECT DISTINCT scope_id FROM profiles')).toEqual([{ scope_id: personal }]);
});

test('[HL-12] rows that a member of a shared scope puts into tables of the personal scope count for nothing', async () => {
	const shared = await platform.scopes.create('measurements', { name: 'From Bob' });
	await platform.exec("INSERT INTO profiles (scope_id, id, name) VALUES (?, 'me', 'Mallory')", [shared.scope]);
	await platform.exec("INSERT INTO areas (scope_id, id, profile_id, area) VALUES (?, 'x', 'me', ?)", [
		shared.scope,
		shared.id
	]);
	expect((await bodyOf(ME)).name).not.toBe('Mallory');
	expect((await bodyOf(ME)).areas.map(({ id }) => id)).not.toContain(shared.id);
	expect((await bodyOf(`scope:${shared.scope}`)).name).toBe('From Bob');
	// What was received stands under no profile: nothing of one's own is made for it in passing.
	const received = await bodyOf(`scope:${shared.scope}`);
	const reading = { ...received, areas: received.areas.map((area) => ({ ...area, writable: false })) };
	await expect(profiles.scopeToWrite(platform, reading, 'cycle')).rejects.toMatchObject({ code: 'DENIED' });
	const undo = await profiles.placeArea(platform, shared.id, ME);
	expect((await bodyOf(ME)).areas.map(({ id }) => id)).toContain(shared.id);
	await undo();
	expect((await bodyOf(ME)).areas.map(({ id }) => id)).not.toContain(shared.id);
});

test('[HL-5] a reading is added, edited and deleted, and each can be taken back', async () => {
	const scope = await scopeOf('measurements');
	const list = async () => (await ask(readings.readingsOf([scope], 'weight', 10))).map(({ value }) => value);
	const cells = (value: string) => ({ value, at: '2026-03-01T07:30:00+01:00', note: '' });
	const { ref } = await readings.addReading(platform, scope, 'weight', cells('72.5 kg'));
	const later = await readings.addReading(platform, scope, 'weight', { ...cells('73 kg'), at: '2026-03-01T06:45:00Z' });
	// By instant, not by the digits of their own clocks.
	expect(await list()).toEqual(['73 kg', '72.5 kg']);
	await later.undo();
	const unedit = await readings.editReading(platform, ref, { ...cells('71 kg'), note: 'without shoes' });
	expect(await ask(readings.readingWithId(ref))).toMatchObject([{ value: '71 kg', note: 'without shoes' }]);
	// Somebody changed the note meanwhile: taking the edit back leaves that.
	await platform.exec('UPDATE readings SET note = ? WHERE id = ?', ['with shoes', ref.id]);
	await unedit();
	expect(await ask(readings.readingWithId(ref))).toMatchObject([{ value: '72.5 kg', note: 'with shoes' }]);
	const undelete = await readings.removeReading(platform, ref, ++now);
	expect(await list()).toEqual([]);
	await undelete();
	expect(await list()).toEqual(['72.5 kg']);
	await readings.removeReading(platform, ref, ++now);
});

test('[HL-25] totals follow what is typed, edited, deleted and brought back', async () => {
	const scope = await scopeOf('measurements');
	const sums = async () => {
		await refreshTotals(platform);
		return (await ask(dayTotals(ME, 'temperature', day - 5, day + 5))).map((row) => [row.day - day, row.n, row.sum]);
	};
	const cells = (value: string, when = '2026-03-01T07:30:00+01:00') => ({ value, at: when, note: '' });
	const { ref } = await readings.addReading(platform, scope, 'temperature', cells('37 Cel'));
	expect(await sums()).toEqual([[0, 1, 37]]);
	const unedit = await readings.editReading(platform, ref, cells('98.6 [degF]', '2026-03-03T23:30:00-05:00'));
	expect(await sums()).toMatchObject([[2, 1, expect.closeTo(37, 9) as number]]);
	await unedit();
	expect(await sums()).toEqual([[0, 1, 37]]);
	const undelete = await readings.removeReading(platform, ref, ++now);
	expect(await sums()).toEqual([]);
	await undelete();
	expect(await sums()).toEqual([[0, 1, 37]]);
	expect(await platform.exec('SELECT * FROM stale_days')).toEqual([]);
});

test('[HL-20] the same chunks again add no row, in any order and over any number of calls', async () => {
	const scope = await scopeOf('measurements');
	const chunks = Array.from({ length: 600 }, (_, at) => steps('h:watch', '2020-01-01T08:00:00+01:00', [at, at + 1]));
	const before = await count('sample_chunks');
	expect(await samples.writeChunks(platform, scope, chunks)).toBe(600);
	expect(await samples.writeChunks(platform, scope, chunks.toReversed())).toBe(0);
	expect(await count('sample_chunks')).toBe(before + 600);
	await platform.exec("DELETE FROM sample_chunks WHERE source = 'h:watch'");
	await refreshTotals(platform);
});

test('[HL-22] a person can say which source counts first, and the totals follow; undo brings the former order', async () => {
	const scope = await scopeOf('measurements');
	await samples.writeSources(platform, scope, [
		{ id: 'h:w', name: 'Watch', kind: 'worn' },
		{ id: 'h:p', name: 'Phone', kind: 'phone' }
	]);
	await samples.writeChunks(platform, scope, [
		steps('h:w', '2026-03-01T08:00:00+01:00', [100, 100]),
		steps('h:p', '2026-03-01T08:01:00+01:00', [70, 70])
	]);
	const sum = async () => {
		await refreshTotals(platform);
		return (await ask(dayTotals(ME, 'steps', day, day)))[0]?.sum;
	};
	expect(await sum()).toBe(270);
	const undo = await samples.setSourceOrder(platform, scope, ['h:p', 'h:w']);
	expect(await sum()).toBe(240);
	await undo();
	expect(await sum()).toBe(270);
	const hours = hourTallies(await ask(hourTotals(ME, 'steps', day, day)));
	expect(hours).toMatchObject([{ day, hour: 8, sum: 270 }]);
});

test('[HL-24] a sample that was deleted stays away when its file is imported again, and comes back by undo', async () => {
	const scope = await scopeOf('measurements');
	const of = () => samples.samplesOfDay(platform, [scope], 'steps', day);
	const all = await of();
	expect(all).toHaveLength(4);
	const undo = await samples.hideSamples(platform, [all[0]!]);
	const longer = steps('h:w', '2026-03-01T08:00:00+01:00', [100, 100, 50]);
	await samples.writeChunks(platform, scope, [steps('h:w', '2026-03-01T08:00:00+01:00', [100, 100]), longer]);
	expect((await of()).map(({ values }) => values[0]).toSorted()).toEqual([100, 50, 70, 70]);
	const sum = async () => {
		await refreshTotals(platform);
		return (await ask(dayTotals(ME, 'steps', day, day)))[0];
	};
	expect(await sum()).toMatchObject({ n: 4, sum: 100 + 50 });
	await undo();
	expect(await of()).toHaveLength(5);
	expect(await sum()).toMatchObject({ n: 5, sum: 250 });
});

test('[HL-12] samples in a scope of another kind are not counted', async () => {
	const cycle = await scopeOf('cycle');
	const before = await ask(dayTotals(ME, 'steps', day, day));
	await samples.writeChunks(platform, cycle, [steps('h:mallory', '2026-03-01T12:00:00+01:00', [99_999])]);
	await refreshTotals(platform);
	expect(await ask(dayTotals(ME, 'steps', day, day))).toEqual(before);
});

test('[HL-11] a scope that is placed under another profile takes its totals along, and what stays is told anew', async () => {
	const scope = await platform.scopes.create('measurements', { name: 'Old phone' });
	await samples.writeChunks(platform, scope.scope, [steps('h:old', '2026-03-01T20:00:00+01:00', [7])]);
	await refreshTotals(platform);
	const sums = async (body: string) => (await ask(dayTotals(body, 'steps', day, day))).map(({ sum }) => sum);
	expect(await sums(`scope:${scope.scope}`)).toEqual([7]);
	const undo = await profiles.placeArea(platform, scope.id, ME);
	await refreshTotals(platform);
	expect(await sums(ME)).toEqual([257]);
	expect(await sums(`scope:${scope.scope}`)).toEqual([]);
	await undo();
	await refreshTotals(platform);
	expect(await sums(ME)).toEqual([250]);
	expect(await sums(`scope:${scope.scope}`)).toEqual([7]);
});

test('the latest day of each metric is found, and which metrics there are', async () => {
	await refreshTotals(platform);
	const latest = await ask(latestTotals(ME, ['temperature', 'steps', 'weight']));
	expect(latest.map(({ metric }) => metric)).toEqual(['temperature', 'steps']);
	expect((await ask(metricsWithTotals(ME))).map(({ metric }) => metric)).toEqual(['steps', 'temperature']);
});

test('a metric that a person made up is measured, told, renamed and put away; its unit is the one it was made with', async () => {
	const scope = await scopeOf('measurements');
	const id = await readings.addMetric(platform, scope, { name: 'Grip', unit: 'kg', telling: 'mean' });
	await readings.addReading(platform, scope, id, { value: '41.5 kg', at: '2026-03-01T07:30:00+01:00', note: '' });
	await refreshTotals(platform);
	expect(await ask(dayTotals(ME, id, day, day))).toMatchObject([{ n: 1, sum: 41.5 }]);
	await readings.renameMetric(platform, { scope_id: scope, id }, 'Grip, left');
	expect(await ask(readings.customMetrics([scope]))).toMatchObject([{ id, name: 'Grip, left', unit: 'kg' }]);
	const undo = await readings.removeMetric(platform, { scope_id: scope, id }, ++now);
	expect(await ask(readings.customMetrics([scope]))).toEqual([]);
	await undo();
	expect(await ask(readings.customMetrics([scope]))).toHaveLength(1);
	expect((await ask(readings.latestReadings([scope], 1)))[0]?.value).toBe('41.5 kg');
});

test('goals are set, changed, deleted and brought back', async () => {
	const scope = await scopeOf('measurements');
	const goal = await readings.addGoal(platform, scope, 'steps', 'at least 8000 {steps}');
	await (
		await readings.editGoal(platform, goal, 'at least 7000 {steps}')
	)();
	expect(await ask(readings.goalsOf([scope]))).toMatchObject([{ goal: 'at least 8000 {steps}' }]);
	await readings.editGoal(platform, goal, 'at least 9000 {steps}');
	expect(await ask(readings.goalsOf([scope]))).toMatchObject([{ metric: 'steps', goal: 'at least 9000 {steps}' }]);
	const undo = await readings.removeGoal(platform, goal, ++now);
	expect(await ask(readings.goalsOf([scope]))).toEqual([]);
	await undo();
	expect(await ask(readings.goalsOf([scope]))).toHaveLength(1);
});

test('[HL-25] a slow page does not put older totals over those that a faster one computed meanwhile', async () => {
	const scope = await scopeOf('measurements');
	await refreshTotals(platform);
	const of = day + 50;
	const write = (value: number) =>
		samples.writeChunks(platform, scope, [steps('h:slow', '2026-04-20T08:00:00+02:00', [value])]);
	await write(1);
	let overtaken = false;
	const slow = {
		exec: platform.exec.bind(platform),
		scopes: platform.scopes,
		transaction: async (work: Parameters<Platform['transaction']>[0]) => {
			if (!overtaken) {
				overtaken = true;
				await write(2);
				await refreshTotals(platform);
			}
			return platform.transaction(work);
		}
	} as unknown as Platform;
	await refreshTotals(slow);
	expect(overtaken).toBe(true);
	expect(await ask(dayTotals(ME, 'steps', of, of))).toMatchObject([{ n: 2, sum: 3 }]);
});

test('[HL-25] an open page keeps the totals by itself: what is typed shows in them a moment later', async () => {
	const scope = await scopeOf('measurements');
	const stop = await keepTotals(platform, async () => {});
	const other = day + 100;
	await readings.addReading(platform, scope, 'weight', { value: '70 kg', at: '2026-06-09T07:30:00+02:00', note: '' });
	await expect.poll(async () => (await ask(dayTotals(ME, 'weight', other, other)))[0]?.sum).toBe(70);
	await expect.poll(async () => (await ask(waitingDays()))[0]?.days).toBe(0);
	stop();
});

test('[HL-40] a dose is one row however often it is marked; a mark can be taken off and taken back', async () => {
	const scope = await scopeOf('medication');
	const plan = { pattern: { kind: 'daily' }, times: ['08:00'], from: day, amount: '1 tablet' } as const;
	const { ref } = await medications.addMedication(platform, scope, { name: 'Pill', strength: '5 mg', note: '' }, plan);
	const [schedule] = await ask(medications.schedulesIn([scope]));
	expect(schedule?.medication_id).toBe(ref.id);
	const planned = '2026-03-01T08:00';
	const mark = (what: 'taken' | 'skipped' | null) =>
		medications.markDose(platform, schedule!, planned, what, at('2026-03-01T08:05:00+01:00'), '1 tablet');
	const shown = () => ask(medications.dosesOn([scope], '2026-03-01', '2026-03-01'));
	await mark('taken');
	const undo = await mark('skipped');
	expect(await shown()).toMatchObject([
		{ id: doseId(schedule!.id, planned), taken: null, skipped: '2026-03-01T08:05:00+01:00' }
	]);
	await undo();
	expect(await shown()).toMatchObject([{ taken: '2026-03-01T08:05:00+01:00', skipped: null }]);
	await mark(null);
	expect(await shown()).toEqual([]);
	const untake = await medications.takeDose(platform, ref, at('2026-03-01T23:30:00+01:00'), '');
	expect(await shown()).toMatchObject([{ schedule_id: null, taken: '2026-03-01T23:30:00+01:00' }]);
	await untake();
	expect(await shown()).toEqual([]);
});

test('[HL-41] another plan from today on leaves what was planned before as it was', async () => {
	const scope = await scopeOf('medication');
	const plan = { pattern: { kind: 'daily' }, times: ['08:00'], from: day, amount: '1' } as const;
	const { ref, undo } = await medications.addMedication(
		platform,
		scope,
		{ name: 'Other', strength: '', note: '' },
		plan
	);
	const own = async () =>
		(await ask(medications.schedulesIn([scope]))).filter(({ medication_id }) => medication_id === ref.id);
	const [first] = await own();
	const changed = await medications.changeSchedule(platform, first!, plan, { ...plan, times: ['20:00'] }, day + 10);
	await changed.undo();
	expect((await own()).map(({ plan: cell }) => JSON.parse(cell!) as object)).toEqual([
		{ kind: 'daily', times: ['08:00'], from: '2026-03-01', amount: '1' }
	]);
	await medications.changeSchedule(platform, first!, plan, { ...plan, times: ['20:00'] }, day + 10);
	expect((await own()).map(({ plan: cell }) => JSON.parse(cell!) as object)).toMatchObject([
		{ times: ['08:00'], until: '2026-03-10' },
		{ times: ['20:00'], from: '2026-03-11' }
	]);
	const another = await medications.addSchedule(platform, ref, { ...plan, times: ['12:00'] });
	expect(await own()).toHaveLength(3);
	await (
		await medications.removeSchedule(platform, another, ++now)
	)();
	await medications.removeSchedule(platform, another, ++now);
	await medications.editMedication(platform, ref, { name: 'Other', strength: '10 mg', note: 'with food' });
	const listed = async () => (await ask(medications.medicationsIn([scope]))).find(({ id }) => id === ref.id);
	expect(await listed()).toMatchObject({ strength: '10 mg', note: 'with food', stopped_at: null });
	const bring = await medications.removeMedication(platform, ref, ++now);
	expect(await listed()).toBeUndefined();
	expect(await own()).toEqual([]);
	await bring();
	const again = await medications.stopMedication(platform, ref, ++now);
	expect(await own()).toEqual([]);
	await again();
	expect(await own()).toHaveLength(2);
	await undo();
	expect(await own()).toEqual([]);
});

test('[HL-50] a day of the cycle is one row that each entry fills in part, and an import fills only what is empty', async () => {
	const scope = await scopeOf('cycle');
	const undo = await days.setCycleDay(platform, scope, day, { bleeding: 3 });
	await days.setCycleDay(platform, scope, day, { temperature: '36.6 Cel' });
	expect(
		await days.fillCycleDays(platform, scope, [
			{ day, bleeding: 1, mucus: 'dry' },
			{ day: day + 1, bleeding: 2 }
		])
	).toBe(2);
	expect(
		await days.fillCycleDays(platform, scope, [
			{ day, bleeding: 1 },
			{ day: day + 1, bleeding: 2 }
		])
	).toBe(0);
	expect(await ask(days.cycleDays([scope]))).toMatchObject([
		{ id: '2026-03-01', bleeding: 3, temperature: '36.6 Cel', mucus: 'dry' },
		{ id: '2026-03-02', bleeding: 2 }
	]);
	await undo();
	expect((await ask(days.cycleDays([scope])))[0]?.bleeding).toBeNull();
});

test('[HL-5] mood, symptoms and notes: in the order of time, edited, deleted, taken back', async () => {
	const scope = await scopeOf('mind');
	const entry = { kind: 'symptom', name: 'Headache', level: 2, at: at('2026-03-01T08:00:00+01:00'), note: '' } as const;
	const { ref } = await days.addJournalEntry(platform, scope, entry);
	await days.addJournalEntry(platform, scope, { ...entry, kind: 'mood', name: '', level: 4 });
	const unedit = await days.editJournalEntry(platform, ref, { ...entry, level: 3 });
	expect(await ask(days.symptomsUsed([scope], 5))).toEqual([{ name: 'Headache', times: 1 }]);
	const levels = days.journalLevels([scope], 'symptom', 'Headache', 0, 4e9);
	expect(await ask(levels)).toMatchObject([{ level: 3 }]);
	await unedit();
	expect(await ask(levels)).toMatchObject([{ level: 2 }]);
	const undelete = await days.removeJournalEntry(platform, ref, ++now);
	expect(await ask(days.journalOf([scope], 5))).toHaveLength(1);
	await undelete();
	expect(await ask(days.journalOf([scope], 5))).toHaveLength(2);
	const rows = [{ id: 'h:one', entry }];
	expect(await days.addJournalRows(platform, scope, rows)).toBe(1);
	expect(await days.addJournalRows(platform, scope, rows)).toBe(0);
});

test('[HL-10] a profile that is renamed tells the members of its scopes, one that is removed leaves its scopes', async () => {
	const id = await profiles.createProfile(platform, { name: 'Mum', relation: 'parent', birth: '', sex: '' });
	const scope = await scopeOf('medication', id);
	await profiles.saveProfile(platform, id, { name: 'Maria', relation: 'parent', birth: '', sex: '' }, [scope]);
	expect(await bodyOf(id)).toMatchObject({ name: 'Maria', areas: [{ label: 'Maria' }] });
	await profiles.setLabel(platform, scope, 'M.');
	expect((await bodyOf(id)).areas[0]?.label).toBe('M.');
	const undo = await profiles.removeProfile(platform, id, ++now);
	expect(await bodyOf(id)).toBeUndefined();
	expect((await bodyOf(`scope:${scope}`)).name).toBe('M.');
	await undo();
	expect((await bodyOf(id)).areas).toHaveLength(1);
});

test('a preference is of the person, on all their devices, and of nobody else', async () => {
	await profiles.setPreference(platform, 'unit:weight', '[lb_av]');
	await profiles.setPreference(platform, 'unit:weight', 'kg');
	expect(await ask(profiles.allPreferences(personal))).toEqual([{ id: 'unit:weight', value: 'kg' }]);
});
