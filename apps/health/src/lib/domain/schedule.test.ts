import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adherenceOf, doseId, doseState, plannedDoses, type DoseRow } from './dose.ts';
import { checkPlan, formatPlan, instantOf, parsePlan, plannedTimes, type Plan } from './schedule.ts';
import { formatMoment, parseDay } from './time.ts';

const plan = (more: Partial<Plan>): Plan => ({
	pattern: { kind: 'daily' },
	times: ['08:00'],
	from: parseDay('2026-03-01')!,
	amount: '1 tablet',
	...more
});

/** Steps through the days with the machine's own calendar, one by one. */
function stepByStep({ pattern, times, from, until }: Plan, first: number, last: number): string[] {
	const planned: string[] = [];
	const date = new Date(first * 86_400_000);
	for (let day = first; day <= last; day++) {
		const text = date.toISOString().slice(0, 10);
		const since = Math.round((Date.parse(text) - from * 86_400_000) / 86_400_000);
		const inside = since >= 0 && (until === undefined || day <= until);
		const weekday = date.getUTCDay() || 7;
		const due =
			pattern.kind === 'daily' ||
			(pattern.kind === 'weekdays' && pattern.days.some((of) => of === weekday)) ||
			(pattern.kind === 'every' && since % pattern.days === 0);
		if (inside && due) for (const time of times) planned.push(`${text}T${time}`);
		date.setUTCDate(date.getUTCDate() + 1);
	}
	return planned;
}

const time = fc
	.record({ hour: fc.nat(23), minute: fc.nat(59) })
	.map(({ hour, minute }) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const anyPlan = fc
	.record({
		pattern: fc.oneof(
			fc.constant({ kind: 'daily' as const }),
			fc.record({
				kind: fc.constant('weekdays' as const),
				days: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 })
			}),
			fc.record({ kind: fc.constant('every' as const), days: fc.integer({ min: 1, max: 40 }) })
		),
		times: fc.array(time, { minLength: 1, maxLength: 4 }),
		from: fc.integer({ min: 20_000, max: 21_000 }),
		lasts: fc.option(fc.nat(200), { nil: undefined }),
		zone: fc.constantFrom(undefined, 'Europe/Berlin', 'America/Chicago', 'Australia/Lord_Howe'),
		amount: fc.string({ maxLength: 20, unit: 'grapheme' })
	})
	.map(({ lasts, zone, ...rest }) => {
		const checked = checkPlan({
			...rest,
			...(lasts === undefined ? {} : { until: rest.from + lasts }),
			...(zone === undefined ? {} : { zone })
		});
		if (!checked.ok) throw new Error(checked.reason);
		return checked.plan;
	});

test('[HL-41] the planned times of any plan are those of an independent walk through its days', () => {
	fc.assert(
		fc.property(anyPlan, fc.integer({ min: -50, max: 300 }), fc.nat(200), (given, start, length) => {
			const from = given.from + start;
			expect(plannedTimes(given, from, from + length)).toEqual(stepByStep(given, from, from + length));
		})
	);
});

test('a plan comes back from its cell as it was', () => {
	fc.assert(
		fc.property(anyPlan, (given) => {
			expect(parsePlan(formatPlan(given))).toEqual(given);
		})
	);
});

test('[HL-41] a dose keeps its clock time when the clocks change: 08:00 is 08:00, an hour less in between', () => {
	const morning = plan({ zone: 'Europe/Berlin' });
	const instants = ['2026-03-28T08:00', '2026-03-29T08:00'].map((at) => instantOf(morning, at, 'Asia/Tokyo'));
	expect(instants.map(formatMoment)).toEqual(['2026-03-28T08:00:00+01:00', '2026-03-29T08:00:00+02:00']);
	expect(instants[1]!.seconds - instants[0]!.seconds).toBe(23 * 3600);
});

test('[HL-41] a time that clocks skip comes as long after the jump, one they show twice comes once, the first time', () => {
	const night = plan({ times: ['02:30'], zone: 'Europe/Berlin' });
	expect(formatMoment(instantOf(night, '2026-03-29T02:30', 'UTC'))).toBe('2026-03-29T03:30:00+02:00');
	expect(formatMoment(instantOf(night, '2026-10-25T02:30', 'UTC'))).toBe('2026-10-25T02:30:00+02:00');
	expect(plannedTimes(night, parseDay('2026-10-24')!, parseDay('2026-10-26')!)).toHaveLength(3);
});

test('[HL-41] a plan without a zone is of the place where the person is, and stays the same dose when they travel', () => {
	const anywhere = plan({});
	const planned = plannedTimes(anywhere, parseDay('2026-06-01')!, parseDay('2026-06-01')!)[0]!;
	expect(formatMoment(instantOf(anywhere, planned, 'Europe/Berlin'))).toBe('2026-06-01T08:00:00+02:00');
	expect(formatMoment(instantOf(anywhere, planned, 'America/New_York'))).toBe('2026-06-01T08:00:00-04:00');
	expect(doseId('s', planned)).toBe(doseId('s', '2026-06-01T08:00'));
	expect(doseId('s', planned)).not.toBe(doseId('t', planned));
});

test('[HL-3] what is wrong in a plan is said with the name of its field', () => {
	const field = (more: Partial<Plan>) => {
		const checked = checkPlan(plan(more));
		return checked.ok ? 'fine' : checked.field;
	};
	expect(field({ times: [] })).toBe('times');
	expect(field({ times: ['8:00'] })).toBe('times');
	expect(field({ times: ['24:00'] })).toBe('times');
	expect(field({ pattern: { kind: 'weekdays', days: [] } })).toBe('days');
	expect(field({ pattern: { kind: 'every', days: 0 } })).toBe('every');
	expect(field({ pattern: { kind: 'as needed' } })).toBe('times');
	expect(field({ until: 0 })).toBe('until');
	expect(field({ zone: 'Mars/Olympus' })).toBe('zone');
});

test('T68 a cell with a prototype, depth, repeated or unknown members is no plan, and changes nothing', () => {
	const good = formatPlan(plan({}));
	const cells = [
		good.replace('{', '{"__proto__":{"kind":"daily"},'),
		good.replace('{', '{"constructor":{"prototype":{}},'),
		good.replace('"daily"', '["daily"]'),
		good.replace('["08:00"]', '{"0":"08:00","length":1}'),
		good.replace('"times":["08:00"]', '"times":[NaN]'),
		good.replace('2026-03-01', '2026-02-30'),
		'['.repeat(100_000),
		`${good.slice(0, -1)},"more":1}`,
		'null',
		'[]',
		'"daily"',
		''
	];
	for (const cell of cells) expect(parsePlan(cell), cell.slice(0, 60)).toBeUndefined();
	expect(({} as Record<string, unknown>)['kind']).toBeUndefined();
	// The last of two members of one name counts, as in every JSON reader; it is checked like any other.
	expect(parsePlan(good.replace('{', '{"kind":"hourly",'))).toEqual(plan({}));
});

test('[HL-40] a dose is ahead, due, late or missed by its time, and contradicted when it was both taken and skipped', () => {
	const planned = 1_000_000;
	const state = (marks: { taken?: number; skipped?: number }, now: number) => doseState(planned, marks, planned + now);
	expect([-7200, -3600, 0, 3600, 3601, 43_200, 43_201].map((now) => state({}, now))).toEqual([
		'ahead',
		'due',
		'due',
		'due',
		'late',
		'late',
		'missed'
	]);
	expect(state({ taken: planned + 3600 }, 0)).toBe('taken');
	expect(state({ taken: planned + 3601 }, 0)).toBe('taken late');
	expect(state({ skipped: planned }, 0)).toBe('skipped');
	expect(state({ taken: planned, skipped: planned }, 0)).toBe('contradicted');
	expect(adherenceOf(['taken', 'taken late', 'skipped', 'missed', 'due', 'contradicted'])).toEqual({
		planned: 6,
		taken: 2,
		late: 1,
		skipped: 1,
		missed: 1,
		open: 2
	});
});

test('[HL-40] the list of a day joins plans and marks, in order, with the instants of the place where one is', () => {
	const day = parseDay('2026-03-02')!;
	const schedules = [
		{ id: 's2', plan: plan({ times: ['08:00', '20:00'] }) },
		{ id: 's1', plan: plan({ zone: 'America/New_York', times: ['08:00'] }) }
	];
	const row: DoseRow = {
		scope_id: 's',
		id: 'whatever',
		medication_id: 'm',
		schedule_id: 's2',
		planned: '2026-03-02T08:00',
		taken: '2026-03-02T09:30:00+01:00',
		skipped: null,
		amount: null
	};
	const now = Date.parse('2026-03-02T14:00:00+01:00') / 1000;
	const list = plannedDoses(schedules, [row], { from: day, until: day, here: 'Europe/Berlin', now });
	expect(list.map(({ schedule, at, state }) => [schedule, formatMoment(at), state])).toEqual([
		['s2', '2026-03-02T08:00:00+01:00', 'taken late'],
		['s1', '2026-03-02T08:00:00-05:00', 'due'],
		['s2', '2026-03-02T20:00:00+01:00', 'ahead']
	]);
	expect(list[0]!.row).toBe(row);
});
