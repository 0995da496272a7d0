import { expect, test } from 'vitest';
import { batchOfReading } from './day-batches.ts';
import { METRICS, metricWithId, SLEEP } from './metrics.ts';
import { dayOf, parseMoment } from './time.ts';
import { totalsOfDay, type Batch } from './totals.ts';

const metric = (id: string) => metricWithId(id)!;
const at = (text: string) => parseMoment(text)!.seconds;

interface Given {
	unit: string;
	rows: [time: string, minutes: number, ...values: number[]][];
	priority?: number;
	offset?: number;
	hidden?: number[];
}

function batch({ unit, rows, priority = 0, offset = 60, hidden }: Given): Batch {
	return {
		priority,
		offset,
		unit,
		times: Float64Array.from(rows, ([time]) => at(time)),
		durations: Float64Array.from(rows, ([, minutes]) => minutes * 60),
		columns: rows[0]!.slice(2).map((_, column) => Float64Array.from(rows, (row) => row[column + 2] as number)),
		...(hidden ? { hidden: new Set(hidden) } : {})
	};
}

const day = dayOf(parseMoment('2026-03-01T12:00:00+01:00')!);

test('[HL-25] a day of a mean has n, least, greatest and sum in the first unit, and its hours', () => {
	const kilograms = batch({ unit: 'kg', rows: [['2026-03-01T07:30:00+01:00', 0, 72]] });
	const pounds = batch({ unit: '[lb_av]', rows: [['2026-03-01T21:30:00+01:00', 0, 160]], priority: 1 });
	const [total] = totalsOfDay(metric('weight'), day, [kilograms, pounds]);
	expect(total).toMatchObject({ metric: 'weight', n: 2, min: 72, lastAt: at('2026-03-01T21:30:00+01:00') });
	expect(total!.max).toBeCloseTo(72.5748, 4);
	expect(total!.sum).toBeCloseTo(144.5748, 4);
	expect(total!.hours.map(({ hour, n }) => [hour, n])).toEqual([
		[7, 1],
		[21, 1]
	]);
	expect(totalsOfDay(metric('weight'), day + 1, [kilograms, pounds])).toEqual([]);
});

test('a blood pressure gives two aggregates of one measurement', () => {
	const given = batch({ unit: 'mm[Hg]', rows: [['2026-03-01T07:30:00+01:00', 0, 120, 80]] });
	expect(totalsOfDay(metric('blood-pressure'), day, [given]).map(({ metric: id, sum }) => [id, sum])).toEqual([
		['systolic', 120],
		['diastolic', 80]
	]);
});

test('a sample that one program copied from another counts once in a mean', () => {
	const row: [string, number, number] = ['2026-03-01T07:30:00+01:00', 0, 61];
	const copies = [batch({ unit: '/min', rows: [row] }), batch({ unit: '/min', rows: [row], priority: 1 })];
	expect(totalsOfDay(metric('heart-rate'), day, copies)).toMatchObject([{ n: 1, sum: 61 }]);
});

test('[HL-22] a walk over midnight is cut by time between its two days', () => {
	const given = batch({ unit: '{steps}', rows: [['2026-03-01T23:30:00+01:00', 60, 1000]] });
	expect(totalsOfDay(metric('steps'), day, [given])).toMatchObject([
		{ n: 1, sum: 500, hours: [{ hour: 23, sum: 500 }] }
	]);
	expect(totalsOfDay(metric('steps'), day + 1, [given])).toMatchObject([{ sum: 500, hours: [{ hour: 0, sum: 500 }] }]);
});

test('the hours of a total add up to it', () => {
	const given = batch({
		unit: '{steps}',
		rows: [
			['2026-03-01T09:40:00+01:00', 100, 1000],
			['2026-03-01T22:00:00+01:00', 0, 17]
		]
	});
	const [total] = totalsOfDay(metric('steps'), day, [given]);
	expect(total!.hours.map(({ hour, sum }) => [hour, Math.round(sum)])).toEqual([
		[9, 200],
		[10, 600],
		[11, 200],
		[22, 17]
	]);
	expect(total!.sum).toBeCloseTo(1017, 9);
	expect(total!.n).toBe(2);
});

test('[HL-20] a day that was exported twice, longer the second time, is told once', () => {
	const rows: [string, number, number][] = [
		['2026-03-01T09:00:00+01:00', 10, 100],
		['2026-03-01T10:00:00+01:00', 10, 200]
	];
	const first = batch({ unit: '{steps}', rows: rows.slice(0, 1) });
	expect(totalsOfDay(metric('steps'), day, [first, batch({ unit: '{steps}', rows })])).toMatchObject([
		{ n: 2, sum: 300 }
	]);
});

test('[HL-24] a hidden sample counts nowhere, also where another chunk holds it', () => {
	const rows: [string, number, number][] = [
		['2026-03-01T09:00:00+01:00', 0, 60],
		['2026-03-01T10:00:00+01:00', 0, 190]
	];
	const hidden = batch({ unit: '/min', rows, hidden: [1] });
	expect(totalsOfDay(metric('heart-rate'), day, [hidden, batch({ unit: '/min', rows })])).toMatchObject([
		{ n: 1, max: 60 }
	]);
});

test('[HL-22] a night belongs to its morning, counts where two devices slept once, and being in bed is not sleep', () => {
	const watch = batch({
		unit: '1',
		rows: [
			['2026-02-28T23:00:00+01:00', 120, SLEEP.core],
			['2026-03-01T01:00:00+01:00', 60, SLEEP.deep],
			['2026-03-01T02:00:00+01:00', 15, SLEEP.awake],
			['2026-03-01T02:15:00+01:00', 225, SLEEP.rem]
		]
	});
	const phone = batch({
		unit: '1',
		priority: 1,
		rows: [
			['2026-02-28T22:30:00+01:00', 500, SLEEP.inBed],
			['2026-02-28T23:00:00+01:00', 450, SLEEP.asleep]
		]
	});
	const totals = totalsOfDay(metric('sleep'), day, [watch, phone]);
	const hours = Object.fromEntries(totals.map(({ metric: id, sum }) => [id, Math.round(sum * 100) / 100]));
	// 6.75 of the watch, and the half hour that only the phone saw; not the quarter in which the watch saw them awake.
	expect(hours).toEqual({
		sleep: 7.25,
		'sleep-in-bed': 8.33,
		'sleep-awake': 0.25,
		'sleep-core': 2,
		'sleep-deep': 1,
		'sleep-rem': 3.75
	});
});

test('typed sleep ends at the time it was typed for; typed steps are added to those of a device', () => {
	const order = ['by-hand', 'h:watch'];
	const sleep = batchOfReading(metric('sleep'), { value: '7.5 h', at: '2026-03-01T07:00:00+01:00' }, order)!;
	expect(totalsOfDay(metric('sleep'), day, [sleep])).toMatchObject([{ metric: 'sleep', sum: 7.5 }]);
	const typed = batchOfReading(metric('steps'), { value: '500 {steps}', at: '2026-03-01T20:00:00+01:00' }, order)!;
	const watch = batch({ unit: '{steps}', priority: 1, rows: [['2026-03-01T09:00:00+01:00', 10, 100]] });
	expect(totalsOfDay(metric('steps'), day, [watch, typed])).toMatchObject([{ n: 2, sum: 600 }]);
});

test('[HL-1] a value whose unit cannot be converted counts in nothing', () => {
	const given = batch({ unit: 'bananas', rows: [['2026-03-01T09:00:00+01:00', 0, 3]] });
	for (const known of METRICS.filter(({ telling }) => telling !== 'sleep')) {
		expect(totalsOfDay(known, day, [given])).toEqual([]);
	}
});
