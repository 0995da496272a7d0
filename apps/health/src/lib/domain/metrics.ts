/**
 * What can be measured: names, units, plausible ranges, and how a day is told from its samples.
 *
 * The id of a metric stands in rows and never changes. Ranges are what a living person or a working device can show,
 * wide on purpose: they catch a slipped decimal point or the wrong field, and say nothing about health.
 */

import { GLUCOSE, type Substance } from './units.ts';

/** One scope per person for each of these, so that sharing one shares nothing of the others. */
export const SENSITIVITIES = ['measurements', 'medication', 'cycle', 'mind'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

/**
 * How samples become one number for a day.
 *  - `mean`: of all samples; which device took them does not matter
 *  - `total`: sum over the time that was measured; where sources overlap the first in the order of sources counts
 *  - `sleep`: hours asleep, by the same rule; the value of a sample is a stage
 */
export type Telling = 'mean' | 'total' | 'sleep';

/** A number that a person types. */
export interface Field {
	readonly id: string;
	readonly name: string;
	/** Both ends allowed, in the first unit of the metric. */
	readonly range: readonly [number, number];
}

export interface Metric {
	readonly id: string;
	readonly name: string;
	readonly sensitivity: Sensitivity;
	readonly telling: Telling;
	/** One, or two that are one measurement, such as a blood pressure. Each is a metric of its own in aggregates. */
	readonly fields: readonly Field[];
	/** UCUM. The first is the one of ranges and aggregates. */
	readonly units: readonly string[];
	/** Digits behind the point on screen, by unit; one where the unit is not named. */
	readonly digits: Readonly<Record<string, number>>;
	/** Says that a typed number may have no part behind the point. */
	readonly whole?: boolean;
	readonly substance?: Substance;
	/** Seconds by which its day begins before midnight: a night belongs to the morning it ends on. */
	readonly dayBegins?: number;
	/** A person made it, beside those that are known here. */
	readonly custom?: boolean;
}

interface Plain {
	telling?: Telling;
	sensitivity?: Sensitivity;
	digits?: Record<string, number>;
	whole?: boolean;
	substance?: Substance;
	dayBegins?: number;
}

function plain(id: string, name: string, units: string[], range: [number, number], more: Plain = {}): Metric {
	const { telling = 'mean', sensitivity = 'measurements', digits = {}, ...rest } = more;
	return { id, name, sensitivity, telling, units, digits, fields: [{ id, name, range }], ...rest };
}

const LENGTHS = ['km', '[mi_i]', 'm'];
const ENERGIES = ['kcal', 'kJ'];
const DAY_MINUTES = 1440;

/** Known from the start, in the order of a list. */
export const METRICS: readonly Metric[] = [
	plain('weight', 'Weight', ['kg', '[lb_av]', '[stone_av]'], [0.3, 700], { digits: { kg: 1, '[lb_av]': 1 } }),
	{
		id: 'blood-pressure',
		name: 'Blood pressure',
		sensitivity: 'measurements',
		telling: 'mean',
		units: ['mm[Hg]', 'kPa'],
		digits: { 'mm[Hg]': 0, kPa: 1 },
		fields: [
			{ id: 'systolic', name: 'Systolic', range: [40, 350] },
			{ id: 'diastolic', name: 'Diastolic', range: [20, 250] }
		]
	},
	plain('heart-rate', 'Heart rate', ['/min'], [15, 350], { digits: { '/min': 0 } }),
	plain('temperature', 'Temperature', ['Cel', '[degF]'], [24, 46]),
	plain('glucose', 'Glucose', ['mg/dL', 'mmol/L'], [10, 1500], { digits: { 'mg/dL': 0 }, substance: GLUCOSE }),
	plain('oxygen', 'Oxygen saturation', ['%', '1'], [30, 100], { digits: { '%': 0, '1': 2 } }),
	plain('steps', 'Steps', ['{steps}'], [0, 200_000], { telling: 'total', digits: { '{steps}': 0 }, whole: true }),
	plain('sleep', 'Sleep', ['h', 'min'], [0, 24], { telling: 'sleep', digits: { min: 0 }, dayBegins: 6 * 3600 }),
	plain('height', 'Height', ['cm', 'm', '[in_i]', '[ft_i]'], [20, 280], { digits: { m: 2, '[ft_i]': 2 } }),

	plain('body-fat', 'Body fat', ['%', '1'], [1, 80], { digits: { '1': 3 } }),
	plain('lean-mass', 'Lean body mass', ['kg', '[lb_av]'], [0.3, 300]),
	plain('bmi', 'Body mass index', ['{count}'], [5, 150]),
	plain('waist', 'Waist', ['cm', '[in_i]'], [20, 300]),
	plain('resting-heart-rate', 'Resting heart rate', ['/min'], [15, 250], { digits: { '/min': 0 } }),
	plain('walking-heart-rate', 'Walking heart rate', ['/min'], [15, 300], { digits: { '/min': 0 } }),
	plain('heart-rate-variability', 'Heart rate variability', ['ms'], [0, 1000], { digits: { ms: 0 } }),
	plain('respiratory-rate', 'Respiratory rate', ['/min'], [2, 120]),
	plain('vo2max', 'VO₂ max', ['mL/(kg.min)'], [5, 110]),
	plain('distance', 'Walking and running distance', LENGTHS, [0, 1000], { telling: 'total', digits: { km: 2, m: 0 } }),
	plain('cycling-distance', 'Cycling distance', LENGTHS, [0, 2000], { telling: 'total', digits: { km: 2, m: 0 } }),
	plain('swimming-distance', 'Swimming distance', ['m', '[yd_i]'], [0, 100_000], { telling: 'total' }),
	plain('active-energy', 'Active energy', ENERGIES, [0, 30_000], { telling: 'total', digits: { kcal: 0, kJ: 0 } }),
	plain('resting-energy', 'Resting energy', ENERGIES, [0, 30_000], { telling: 'total', digits: { kcal: 0, kJ: 0 } }),
	plain('flights', 'Floors climbed', ['{count}'], [0, 10_000], { telling: 'total', digits: { '{count}': 0 } }),
	plain('exercise', 'Exercise', ['min', 'h'], [0, DAY_MINUTES], { telling: 'total', digits: { min: 0 } }),
	plain('standing', 'Standing', ['min', 'h'], [0, DAY_MINUTES], { telling: 'total', digits: { min: 0 } }),
	plain('water', 'Water', ['mL', 'L', '[foz_us]'], [0, 50_000], { telling: 'total', digits: { mL: 0, L: 2 } }),
	plain('walking-speed', 'Walking speed', ['km/h', '[mi_i]/h', 'm/s'], [0, 50]),
	plain('move-ring', 'Move ring', ENERGIES, [0, 30_000], { digits: { kcal: 0 } }),
	plain('exercise-ring', 'Exercise ring', ['min'], [0, DAY_MINUTES], { digits: { min: 0 } }),
	plain('stand-ring', 'Stand ring', ['h'], [0, 24], { digits: { h: 0 } }),

	plain('mindfulness', 'Mindful minutes', ['min'], [0, DAY_MINUTES], { telling: 'total', sensitivity: 'mind' })
];

const BY_ID = new Map(METRICS.map((metric) => [metric.id, metric]));

export function metricWithId(id: string): Metric | undefined {
	return BY_ID.get(id);
}

/** Stages of sleep, as the values of samples of the metric `sleep`. Higher ones are asleep. */
export const SLEEP = { inBed: 0, awake: 1, asleep: 2, core: 3, deep: 4, rem: 5 } as const;

/** As exports write them. */
export const SLEEP_WORDS: readonly string[] = ['in bed', 'awake', 'asleep', 'core', 'deep', 'rem'];

/** Names of what the days of sleep are told in, beside the hours asleep: aggregates under these ids. */
export const SLEEP_PARTS: readonly { id: string; stage: number; name: string }[] = [
	{ id: 'sleep-in-bed', stage: SLEEP.inBed, name: 'In bed' },
	{ id: 'sleep-awake', stage: SLEEP.awake, name: 'Awake' },
	{ id: 'sleep-core', stage: SLEEP.core, name: 'Core' },
	{ id: 'sleep-deep', stage: SLEEP.deep, name: 'Deep' },
	{ id: 'sleep-rem', stage: SLEEP.rem, name: 'REM' }
];

/** A row of `metrics`: what a person added. */
export interface CustomMetricRow {
	readonly id: string;
	readonly name: string | null;
	readonly unit: string | null;
	/** `mean` or `total`. */
	readonly telling: string | null;
}

/** Any number is plausible for what only its inventor knows. */
export function customMetric({ id, name, unit, telling }: CustomMetricRow): Metric {
	const title = name ?? '';
	return {
		id,
		name: title,
		sensitivity: 'measurements',
		telling: telling === 'total' ? 'total' : 'mean',
		units: [unit ?? ''],
		digits: { [unit ?? '']: 2 },
		fields: [{ id, name: title, range: [-1e12, 1e12] }],
		custom: true
	};
}

/** A quantity of another program that has no place in the list is kept under its name there and its unit. */
export function foreignMetricId(name: string, unit: string): string {
	return `x:${name}:${unit}`;
}

/** Undefined for an id of another form. */
export function foreignMetric(id: string): Metric | undefined {
	const parts = /^x:([^:]{1,200}):(\S{0,64})$/.exec(id);
	if (!parts) return undefined;
	const name = parts[1]!.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2');
	return { ...customMetric({ id, name, unit: parts[2]!, telling: 'mean' }), custom: false };
}
