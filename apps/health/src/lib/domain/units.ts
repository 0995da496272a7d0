/**
 * The units this app knows, by their UCUM code (ucum.org, case sensitive).
 *
 * A value is stored with the unit it was entered in and is never rewritten: units are converted for display and for
 * aggregates only. A code that is not here is kept and shown as it stands, and converts to nothing.
 *
 * Between mass and amount of substance (mg/dL, mmol/L) there is no conversion without a molar mass; `convert` takes it
 * from the substance and answers undefined where none is given.
 */

type Dimension =
	| 'mass'
	| 'length'
	| 'pressure'
	| 'rate'
	| 'temperature'
	| 'mass concentration'
	| 'substance concentration'
	| 'ratio'
	| 'time'
	| 'energy'
	| 'volume'
	| 'count'
	| 'speed'
	| 'power'
	| 'uptake';

interface Unit {
	readonly code: string;
	/** What people write behind a number. */
	readonly label: string;
	readonly dimension: Dimension;
	/** One of it in the first unit of its dimension below. */
	readonly factor: number;
	/** Of that first unit at zero of this one: temperatures only. */
	readonly zero?: number;
}

const POUND = 0.453_592_37;
const INCH = 0.0254;
/** UCUM's `m[Hg]`: 133.3220 kPa. */
const MM_HG = 133.322;
/** Thermochemical calorie, UCUM's `cal`. */
const CALORIE = 4.184;

const TABLE: readonly Unit[] = [
	{ code: 'kg', label: 'kg', dimension: 'mass', factor: 1 },
	{ code: 'g', label: 'g', dimension: 'mass', factor: 1e-3 },
	{ code: 'mg', label: 'mg', dimension: 'mass', factor: 1e-6 },
	{ code: 'ug', label: 'µg', dimension: 'mass', factor: 1e-9 },
	{ code: '[lb_av]', label: 'lb', dimension: 'mass', factor: POUND },
	{ code: '[oz_av]', label: 'oz', dimension: 'mass', factor: POUND / 16 },
	{ code: '[stone_av]', label: 'st', dimension: 'mass', factor: POUND * 14 },

	{ code: 'm', label: 'm', dimension: 'length', factor: 1 },
	{ code: 'km', label: 'km', dimension: 'length', factor: 1000 },
	{ code: 'cm', label: 'cm', dimension: 'length', factor: 0.01 },
	{ code: 'mm', label: 'mm', dimension: 'length', factor: 0.001 },
	{ code: '[in_i]', label: 'in', dimension: 'length', factor: INCH },
	{ code: '[ft_i]', label: 'ft', dimension: 'length', factor: INCH * 12 },
	{ code: '[yd_i]', label: 'yd', dimension: 'length', factor: INCH * 36 },
	{ code: '[mi_i]', label: 'mi', dimension: 'length', factor: INCH * 63_360 },

	{ code: 'mm[Hg]', label: 'mmHg', dimension: 'pressure', factor: MM_HG },
	{ code: 'kPa', label: 'kPa', dimension: 'pressure', factor: 1000 },

	{ code: '/min', label: '/min', dimension: 'rate', factor: 1 },
	{ code: '/s', label: '/s', dimension: 'rate', factor: 60 },

	{ code: 'Cel', label: '°C', dimension: 'temperature', factor: 1, zero: 0 },
	{ code: '[degF]', label: '°F', dimension: 'temperature', factor: 5 / 9, zero: -160 / 9 },
	{ code: 'K', label: 'K', dimension: 'temperature', factor: 1, zero: -273.15 },

	{ code: 'mg/dL', label: 'mg/dL', dimension: 'mass concentration', factor: 0.01 },
	{ code: 'g/L', label: 'g/L', dimension: 'mass concentration', factor: 1 },
	{ code: 'mmol/L', label: 'mmol/L', dimension: 'substance concentration', factor: 1e-3 },

	{ code: '1', label: '', dimension: 'ratio', factor: 1 },
	{ code: '%', label: '%', dimension: 'ratio', factor: 0.01 },

	{ code: 's', label: 's', dimension: 'time', factor: 1 },
	{ code: 'ms', label: 'ms', dimension: 'time', factor: 1e-3 },
	{ code: 'min', label: 'min', dimension: 'time', factor: 60 },
	{ code: 'h', label: 'h', dimension: 'time', factor: 3600 },

	{ code: 'kcal', label: 'kcal', dimension: 'energy', factor: CALORIE * 1000 },
	{ code: 'kJ', label: 'kJ', dimension: 'energy', factor: 1000 },

	{ code: 'L', label: 'L', dimension: 'volume', factor: 1 },
	{ code: 'mL', label: 'mL', dimension: 'volume', factor: 1e-3 },
	{ code: '[foz_us]', label: 'fl oz', dimension: 'volume', factor: 0.029_573_529_562_5 },

	{ code: '{steps}', label: 'steps', dimension: 'count', factor: 1 },
	{ code: '{count}', label: '', dimension: 'count', factor: 1 },

	{ code: 'm/s', label: 'm/s', dimension: 'speed', factor: 1 },
	{ code: 'km/h', label: 'km/h', dimension: 'speed', factor: 1 / 3.6 },
	{ code: '[mi_i]/h', label: 'mph', dimension: 'speed', factor: (INCH * 63_360) / 3600 },

	{ code: 'W', label: 'W', dimension: 'power', factor: 1 },
	{ code: 'mL/(kg.min)', label: 'mL/(kg·min)', dimension: 'uptake', factor: 1 }
];

const UNITS = new Map(TABLE.map((unit) => [unit.code, unit]));

/** What a conversion between mass and amount needs to know. */
export interface Substance {
	/** Grams of one mole. */
	readonly molarMass: number;
}

/** C6H12O6, with the standard atomic weights of IUPAC 2021 (abridged). */
export const GLUCOSE: Substance = { molarMass: 180.156 };

/** What stands behind a number on screen: `°C` for `Cel`; a code that is not known as it is, without braces. */
export function unitLabel(code: string): string {
	return UNITS.get(code)?.label ?? (code === '1' ? '' : code.replaceAll(/[{}]/g, ''));
}

export function isKnownUnit(code: string): boolean {
	return UNITS.has(code);
}

/** Undefined where the one cannot be said in the other. The same code gives the same number back. */
export function convert(value: number, from: string, to: string, substance?: Substance): number | undefined {
	if (from === to) return value;
	const a = UNITS.get(from);
	const b = UNITS.get(to);
	if (!a || !b) return undefined;
	const base = value * a.factor + (a.zero ?? 0);
	const inBase = acrossDimensions(base, a.dimension, b.dimension, substance);
	return inBase === undefined ? undefined : (inBase - (b.zero ?? 0)) / b.factor;
}

function acrossDimensions(value: number, from: Dimension, to: Dimension, substance?: Substance): number | undefined {
	if (from === to) return value;
	if (!substance) return undefined;
	if (from === 'mass concentration' && to === 'substance concentration') return value / substance.molarMass;
	if (from === 'substance concentration' && to === 'mass concentration') return value * substance.molarMass;
	return undefined;
}

/** How other programs write a unit, where that is not its UCUM code. */
const WRITTEN: Record<string, string> = {
	'count/min': '/min',
	bpm: '/min',
	'1/min': '/min',
	'beats/min': '/min',
	'count/s': '/s',
	Hz: '/s',
	count: '{count}',
	steps: '{steps}',
	mmHg: 'mm[Hg]',
	degC: 'Cel',
	'°C': 'Cel',
	C: 'Cel',
	degF: '[degF]',
	'°F': '[degF]',
	F: '[degF]',
	lb: '[lb_av]',
	lbs: '[lb_av]',
	oz: '[oz_av]',
	st: '[stone_av]',
	in: '[in_i]',
	ft: '[ft_i]',
	yd: '[yd_i]',
	mi: '[mi_i]',
	mph: '[mi_i]/h',
	'mi/hr': '[mi_i]/h',
	'km/hr': 'km/h',
	Cal: 'kcal',
	mcg: 'ug',
	µg: 'ug',
	hr: 'h',
	sec: 's',
	l: 'L',
	ml: 'mL',
	'mg/dl': 'mg/dL',
	'mmol/l': 'mmol/L',
	fl_oz_us: '[foz_us]',
	'mL/min·kg': 'mL/(kg.min)',
	'ml/kg/min': 'mL/(kg.min)'
};

/** UCUM for a unit as other programs write it; what is not known comes back as it is, and is kept so. */
export function unitFromText(text: string): string {
	const plain = text.trim();
	if (UNITS.has(plain)) return plain;
	const known = WRITTEN[plain] ?? WRITTEN[plain.toLowerCase()];
	if (known !== undefined) return known;
	// Apple writes the molar mass into the unit: mmol<180.1558800000541>/L.
	const bare = plain.replace(/<[\d.]+>/, '');
	return UNITS.has(bare) ? bare : plain;
}
