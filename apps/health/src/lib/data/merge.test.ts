/** What several devices and people make of the same tables: real replicas in memory, delivered in any order. */

import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { Platform, Row, SqlValue } from '@slf/platform';
import { exchange, openTestReplica, Random, testClock, TestPerson, type TestReplica } from '@slf/platform/testing';
import { doseState } from '#lib/domain/dose.ts';
import { ME } from '#lib/domain/profile.ts';
import { chunkRow } from '#lib/domain/sample-chunk.ts';
import { parseDay, parseMoment } from '#lib/domain/time.ts';
import { refreshTotals } from './aggregates.ts';
import { dayTotals } from './totals.ts';
import * as days from './days.ts';
import * as medications from './medications.ts';
import * as profiles from './profiles.ts';
import * as readings from './readings.ts';
import * as samples from './samples.ts';

const schema = readFileSync(new URL('../schema.sql', import.meta.url), 'utf8');
const clock = testClock();
const seed = 20_260_301;
const random = new Random(seed);
let alice: TestPerson;
let bob: TestPerson;

beforeAll(() => {
	alice = new TestPerson('Alice', random, clock);
	bob = new TestPerson('Bob', random, clock);
});

/** What the data layer uses of a platform, over a replica in this process. */
function platformOver({ replica }: TestReplica): Platform {
	let ids = 0;
	const exec = async <R extends object = Row>(sql: string, params: readonly SqlValue[] = []): Promise<R[]> => {
		const { columns, rows } = replica.run(sql, [...params]);
		return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]]))) as R[];
	};
	return {
		app: 'health',
		exec,
		transaction: async <T>(work: (tx: { exec: typeof exec }) => Promise<T>): Promise<T> => {
			replica.begin();
			try {
				const result = await work({ exec });
				replica.commit();
				return result;
			} catch (error) {
				replica.rollback();
				throw error;
			}
		},
		scopes: {
			personal: async () => replica.personalScope(),
			list: async () => replica.scopes(),
			create: async (kind: string, { name = '' } = {}) => {
				const { scope } = replica.createScope(kind, { name });
				return replica.scopes().find((info) => info.scope === scope)!;
			}
		},
		id: () => `${replica.identity.slice(0, 8)}-${replica.personalScope().length}-${random.next()}-${ids++}`
	} as unknown as Platform;
}

interface Device extends TestReplica {
	platform: Platform;
	/** Local name of a scope by its true id. */
	scope: (id: string) => string;
}

async function device(person: TestPerson): Promise<Device> {
	const opened = await openTestReplica({ person: await person.device(), app: 'health', schema, clock, random });
	const scope = (id: string) => opened.replica.scopes().find((info) => info.id === id)!.scope;
	return { ...opened, platform: platformOver(opened), scope };
}

/** Two devices of one person that share a scope with id `id`. */
async function pair(kind: string): Promise<{ a: Device; b: Device; id: string; sync: () => void }> {
	const [a, b] = [await device(alice), await device(alice)];
	const { scope } = a.replica.createScope(kind, { name: 'Alice' });
	const { id } = a.replica.scopes().find((info) => info.scope === scope)!;
	for (const entry of a.replica.directory()) b.replica.joinScope(entry);
	const sync = () => {
		exchange(a.replica, b.replica, id);
		const personal = a.replica.scopes().find((info) => info.personal)!;
		exchange(a.replica, b.replica, personal.id);
	};
	sync();
	return { a, b, id, sync };
}

const at = (text: string) => parseMoment(text)!;
const day = parseDay('2026-03-01')!;

function dayOfSteps(source: string, values: number[]) {
	const { seconds, offset } = at('2026-03-01T08:00:00+01:00');
	return chunkRow('steps', source, day, {
		ms: false,
		offset,
		labels: ['{steps}'],
		times: Float64Array.from(values, (_, minute) => seconds + minute * 60),
		durations: new Float64Array(values.length).fill(60),
		columns: [Float64Array.from(values)]
	});
}

test('[HL-20] two devices that import the same file apart from each other end with one set, and the same totals', async () => {
	const { a, b, id, sync } = await pair('measurements');
	await profiles.placeArea(a.platform, id, ME);
	sync();
	const chunks = ['h:watch', 'h:phone'].map((source) => dayOfSteps(source, [10, 20, 30]));
	for (const one of [a, b]) {
		await samples.writeSources(one.platform, one.scope(id), [{ id: 'h:watch', name: 'Watch', kind: 'worn' }]);
		expect(await samples.writeChunks(one.platform, one.scope(id), chunks)).toBe(2);
	}
	// One of them has another file too, with the same day, longer.
	await samples.writeChunks(b.platform, b.scope(id), [dayOfSteps('h:watch', [10, 20, 30, 40])]);
	for (const one of [a, b]) await refreshTotals(one.platform);
	sync();
	expect(a.replica.stateHash(id)).toEqual(b.replica.stateHash(id));
	for (const one of [a, b]) {
		expect(one.replica.refusals()).toEqual([]);
		expect(one.replica.run('SELECT count(*) FROM sample_chunks').rows).toEqual([[3]]);
		// The merge marked the day, and only that.
		const stale = one.replica.run('SELECT metric, day FROM stale_days').rows;
		expect(stale.every((row) => row[0] === 'steps' && row[1] === day)).toBe(true);
		await refreshTotals(one.platform);
		const { sql, params } = dayTotals(ME, 'steps', day, day);
		expect(await one.platform.exec(sql, params)).toMatchObject([{ n: 7, sum: 100 }]);
	}
});

test('[HL-25] after any merge the totals are those that would be computed from scratch', async () => {
	const { a, b, id, sync } = await pair('measurements');
	await profiles.placeArea(a.platform, id, ME);
	sync();
	for (let round = 0; round < 30; round++) {
		const one = random.pick([a, b]);
		const scope = one.scope(id);
		const chance = random.below(5);
		if (chance === 0) sync();
		else if (chance === 1) await refreshTotals(one.platform);
		else if (chance === 2)
			await readings.addReading(one.platform, scope, 'steps', {
				value: `${random.below(100)} {steps}`,
				at: `2026-03-0${1 + random.below(3)}T12:00:00+01:00`,
				note: ''
			});
		else if (chance === 3) {
			const found = await samples.samplesOfDay(one.platform, [scope], 'steps', day);
			if (found.length > 0) await samples.hideSamples(one.platform, [random.pick(found)]);
		} else
			await samples.writeChunks(one.platform, scope, [
				dayOfSteps(random.pick(['h:x', 'h:y']), [random.below(50), random.below(50)])
			]);
	}
	sync();
	const totals = async (one: Device) => {
		await refreshTotals(one.platform);
		return one.replica.run('SELECT * FROM day_totals ORDER BY 1, 2, 3').rows;
	};
	const kept = [await totals(a), await totals(b)];
	expect(kept[0], `seed ${seed}`).toEqual(kept[1]);
	expect(kept[0]!.length).toBeGreaterThan(0);
	for (const table of ['day_totals', 'hour_totals', 'computed_scopes']) a.replica.run(`DELETE FROM ${table}`);
	expect(await totals(a), `seed ${seed}`).toEqual(kept[0]);
});

test('[HL-25] what a metric or a source is may arrive after its samples: the totals follow', async () => {
	const { a, b, id, sync } = await pair('measurements');
	await profiles.placeArea(a.platform, id, ME);
	sync();
	const metric = await readings.addMetric(a.platform, a.scope(id), { name: 'Grip', unit: 'kg', telling: 'mean' });
	const cells = { value: '41 kg', at: '2026-03-01T12:00:00+01:00', note: '' };
	await readings.addReading(b.platform, b.scope(id), metric, cells);
	// The phone is called `z`, so that without their rows the two count the other way round.
	await samples.writeChunks(b.platform, b.scope(id), [
		dayOfSteps('a-phone', [70, 70]),
		dayOfSteps('z-watch', [100, 100])
	]);
	await refreshTotals(b.platform);
	await samples.writeSources(a.platform, a.scope(id), [
		{ id: 'a-phone', name: 'Phone', kind: 'phone' },
		{ id: 'z-watch', name: 'Watch', kind: 'worn' }
	]);
	sync();
	for (const one of [a, b]) {
		await refreshTotals(one.platform);
		const sum = async (of: string) => {
			const { sql, params } = dayTotals(ME, of, day, day);
			return (await one.platform.exec<{ sum: number }>(sql, params))[0]?.sum;
		};
		expect(await sum(metric)).toBe(41);
		expect(await sum('steps')).toBe(200);
	}
});

test('[HL-40] doses that two devices mark apart from each other: the same mark is one event, two marks are shown', async () => {
	const { a, b, id, sync } = await pair('medication');
	const plan = { pattern: { kind: 'daily' }, times: ['08:00', '20:00'], from: day, amount: '1' } as const;
	await medications.addMedication(a.platform, a.scope(id), { name: 'Pill', strength: '', note: '' }, plan);
	sync();
	const schedule = async (one: Device) => {
		const { sql, params } = medications.schedulesIn([one.scope(id)]);
		return (await one.platform.exec<medications.ScheduleRow>(sql, params))[0]!;
	};
	const mark = async (one: Device, planned: string, what: medications.Mark, when: string) =>
		medications.markDose(one.platform, await schedule(one), planned, what, at(when), '1');
	await mark(a, '2026-03-01T08:00', 'taken', '2026-03-01T08:05:00+01:00');
	await mark(b, '2026-03-01T08:00', 'taken', '2026-03-01T08:07:00+01:00');
	await mark(a, '2026-03-01T20:00', 'taken', '2026-03-01T20:05:00+01:00');
	await mark(b, '2026-03-01T20:00', 'skipped', '2026-03-01T20:09:00+01:00');
	sync();
	for (const one of [a, b]) {
		expect(one.replica.refusals()).toEqual([]);
		const { sql, params } = medications.dosesOn([one.scope(id)], '2026-03-01', '2026-03-01');
		const doses = await one.platform.exec<{ taken: string | null; skipped: string | null }>(sql, params);
		const states = doses.map(({ taken, skipped }) =>
			doseState(
				0,
				{ ...(taken ? { taken: at(taken).seconds } : {}), ...(skipped ? { skipped: at(skipped).seconds } : {}) },
				0
			)
		);
		expect(states).toEqual(['taken late', 'contradicted']);
	}
	// A person says which is true: one mark is left, everywhere.
	await mark(b, '2026-03-01T20:00', 'taken', '2026-03-01T20:05:00+01:00');
	sync();
	expect(a.replica.stateHash(id)).toEqual(b.replica.stateHash(id));
	expect(a.replica.run("SELECT skipped FROM doses WHERE planned LIKE '%20:00'").rows).toEqual([[null]]);
});

test('[HL-40] doses converge: after any history of marks on two devices both show the same, one row for each dose', async () => {
	const { a, b, id, sync } = await pair('medication');
	const plan = { pattern: { kind: 'daily' }, times: ['08:00'], from: day, amount: '1' } as const;
	await medications.addMedication(a.platform, a.scope(id), { name: 'Pill', strength: '', note: '' }, plan);
	sync();
	for (let step = 0; step < 150; step++) {
		if (random.chance(0.15)) {
			sync();
			continue;
		}
		const one = random.pick([a, b]);
		const { sql, params } = medications.schedulesIn([one.scope(id)]);
		const [schedule] = await one.platform.exec<medications.ScheduleRow>(sql, params);
		const planned = `2026-03-0${1 + random.below(5)}T08:00`;
		const undo = await medications.markDose(
			one.platform,
			schedule!,
			planned,
			random.pick(['taken', 'skipped', null]),
			{ seconds: at('2026-03-01T08:00:00Z').seconds + random.below(1000), offset: 60 },
			'1'
		);
		if (random.chance(0.2)) await undo();
	}
	sync();
	expect(a.replica.stateHash(id), `seed ${seed}`).toEqual(b.replica.stateHash(id));
	expect(a.replica.refusals()).toEqual([]);
	const [row] = a.replica.run('SELECT count(*), count(DISTINCT planned) FROM doses').rows;
	expect(row![0]).toBe(row![1]);
});

test('[HL-11] two devices that made a scope for the same thing: both are read, and both write into the same', async () => {
	const [a, b] = [await device(alice), await device(alice)];
	const made = [];
	for (const one of [a, b]) {
		const [body] = await profiles.readBodies(one.platform);
		const scope = await profiles.scopeToWrite(one.platform, body!, 'mind');
		made.push(one.replica.scopes().find((info) => info.scope === scope)!.id);
	}
	for (const entry of a.replica.directory()) b.replica.joinScope(entry);
	for (const entry of b.replica.directory()) a.replica.joinScope(entry);
	const personal = a.replica.scopes().find((info) => info.personal)!.id;
	for (const id of [...made, personal]) exchange(a.replica, b.replica, id);
	const written = [];
	for (const one of [a, b]) {
		const [body] = await profiles.readBodies(one.platform);
		expect(body!.areas.map(({ id }) => id)).toEqual(made.toSorted());
		const scope = await profiles.scopeToWrite(one.platform, body!, 'mind');
		written.push(one.replica.scopes().find((info) => info.scope === scope)!.id);
	}
	expect(written[0]).toBe(written[1]);
});

test('[HL-10] whoever is given the medication holds no row, name, id or key of the other scopes', async () => {
	const a = await device(alice);
	const bobKeys = await bob.device();
	const b = await openTestReplica({ person: bobKeys, app: 'health', schema, clock, random });
	const scopes = new Map<string, string>();
	for (const kind of ['measurements', 'medication', 'cycle', 'mind'] as const) {
		const [body] = await profiles.readBodies(a.platform);
		scopes.set(kind, await profiles.scopeToWrite(a.platform, { ...body!, name: `label-${kind}` }, kind));
	}
	await profiles.saveProfile(
		a.platform,
		ME,
		{ name: 'profile-name', relation: 'me', birth: '1990-02-02', sex: 'secret-sex' },
		[scopes.get('medication')!]
	);
	await days.setCycleDay(a.platform, scopes.get('cycle')!, day, { note: 'secret-cycle' });
	const entry = { kind: 'note', name: '', at: at('2026-03-01T08:00:00Z'), note: 'secret-note' } as const;
	await days.addJournalEntry(a.platform, scopes.get('mind')!, entry);
	const weight = { value: '72.5 kg', at: '2026-03-01T07:30:00+01:00', note: 'secret-weight' };
	await readings.addReading(a.platform, scopes.get('measurements')!, 'weight', weight);
	const pill = { name: 'shared-pill', strength: '', note: '' };
	await medications.addMedication(a.platform, scopes.get('medication')!, pill, undefined);

	const infos = a.replica.scopes();
	const shared = infos.find(({ scope }) => scope === scopes.get('medication'))!;
	a.replica.grant(shared.scope, bobKeys.card, 'EDITOR');
	const entries = a.replica.directory();
	b.replica.joinScope(entries.find(({ id }) => id === shared.id)!);
	for (const { id } of infos)
		if (b.replica.scopes().some((info) => info.id === id) || id === shared.id) exchange(a.replica, b.replica, id);

	// Everything that Bob's database holds, as text, bytes as hex and as characters.
	const tables = b.database.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0").flat();
	const held = tables
		.flatMap((table) => b.database.all(`SELECT * FROM "${String(table)}"`).flat())
		.map((value) =>
			value instanceof Uint8Array
				? Buffer.from(value).toString('hex') + Buffer.from(value).toString('latin1')
				: String(value)
		)
		.join('\n');
	expect(held).toContain('shared-pill');
	expect(held).toContain('profile-name');
	const others = entries.filter(({ id }) => id !== shared.id);
	expect(others).toHaveLength(3);
	for (const { id, key } of others)
		for (const secret of [id, Buffer.from(key).toString('hex')]) expect(held).not.toContain(secret);
	for (const secret of [
		'1990-02-02',
		'secret-sex',
		'secret-cycle',
		'secret-note',
		'secret-weight',
		'label-cycle',
		'label-mind',
		'label-measurements'
	])
		expect(held, secret).not.toContain(secret);
});
