import { expect, test } from 'vitest';
import { checkGoal, formatGoal, isMet, parseGoal } from './goal.ts';
import { metricWithId } from './metrics.ts';
import { checkAmount, checkEntry, parseAmount, readReading, showAmount } from './reading.ts';
import { parseSpan } from './time.ts';

const metric = (id: string) => metricWithId(id)!;
const at = parseSpan('2026-03-01T07:30:00+01:00')!;
const now = at.start.seconds + 60;

test('[HL-1] an entry is stored as it was typed, with its unit', () => {
	expect(checkEntry(metric('weight'), { values: ['72,50'], unit: 'kg', span: at }, now)).toEqual({
		ok: true,
		value: '72.50 kg',
		at: '2026-03-01T07:30:00+01:00'
	});
	expect(checkAmount(metric('blood-pressure'), { values: ['120', '80'], unit: 'mm[Hg]' })).toEqual({
		ok: true,
		value: '120/80 mm[Hg]'
	});
});

test('[HL-3] what is wrong is said with the name of its field', () => {
	const problem = (id: string, values: string[], unit: string) => {
		const checked = checkAmount(metric(id), { values, unit });
		return checked.ok ? 'fine' : `${checked.field}: ${checked.reason}`;
	};
	expect(problem('weight', ['7250'], 'kg')).toBe('weight: Weight must be between 0.3 and 700.0 kg.');
	expect(problem('weight', ['2000'], '[lb_av]')).toBe('weight: Weight must be between 0.7 and 1543.2 lb.');
	expect(problem('weight', ['72'], 'cm')).toBe('unit: Weight cannot be given in cm: use kg, lb or st.');
	expect(problem('temperature', ['98.6'], 'Cel')).toBe('temperature: Temperature must be between 24.0 and 46.0 °C.');
	expect(problem('temperature', ['98.6'], '[degF]')).toBe('fine');
	expect(problem('blood-pressure', ['120', ''], 'mm[Hg]')).toBe('diastolic: Diastolic is missing.');
	expect(problem('blood-pressure', ['x', '80'], 'mm[Hg]')).toBe('systolic: Systolic is not a number.');
	expect(problem('blood-pressure', ['80', '120'], 'mm[Hg]')).toBe('diastolic: Diastolic must be lower than systolic.');
	expect(problem('steps', ['1,234'], '{steps}')).toBe('steps: Steps must be a whole number.');
	expect(problem('glucose', ['5.5'], 'mmol/L')).toBe('fine');
	expect(problem('glucose', ['5.5'], 'mg/dL')).toBe('glucose: Glucose must be between 10 and 1500 mg/dL.');
});

test('[HL-3] a time in the future, or an end before the beginning, is an error of the time', () => {
	const entry = (text: string) =>
		checkEntry(metric('weight'), { values: ['72'], unit: 'kg', span: parseSpan(text)! }, now);
	expect(entry('2026-03-03T07:30:00+01:00')).toMatchObject({ ok: false, field: 'time' });
	const backwards = { start: at.start, end: { ...at.start, seconds: at.start.seconds - 1 } };
	const checked = checkEntry(metric('sleep'), { values: ['8'], unit: 'h', span: backwards }, now);
	expect(checked).toMatchObject({ ok: false, field: 'time' });
});

test('[HL-1] switching units back and forth a hundred times changes no stored value', () => {
	const stored = '72.50 kg';
	let shown = '';
	for (let switches = 0; switches < 100; switches++) {
		shown = showAmount(metric('weight'), parseAmount(stored)!, switches % 2 === 0 ? '[lb_av]' : 'kg');
	}
	expect(shown).toBe('72.50 kg');
	expect(showAmount(metric('weight'), parseAmount(stored)!, '[lb_av]')).toBe('159.8 lb');
	expect(showAmount(metric('glucose'), parseAmount('100 mg/dL')!, 'mmol/L')).toBe('5.6 mmol/L');
	expect(showAmount(metric('blood-pressure'), parseAmount('120/80 mm[Hg]')!, 'kPa')).toBe('16.0/10.7 kPa');
	expect(showAmount(metric('weight'), parseAmount('3 bananas')!, 'kg')).toBe('3 bananas');
});

test('[HL-2] a cell of another form is no reading: nothing is read from half of it', () => {
	const row = {
		scope_id: 's',
		id: 'i',
		metric: 'weight',
		value: '72.5 kg',
		at: '2026-03-01T07:30:00+01:00',
		note: null
	};
	expect(readReading(row)?.amount).toEqual({ values: ['72.5'], unit: 'kg' });
	for (const value of [null, '', '72.5', 'kg', '72.5  kg', '1e5 kg', '72.5 kg kg', '120/ mm[Hg]'])
		expect(readReading({ ...row, value }), String(value)).toBeUndefined();
	expect(readReading({ ...row, at: '2026-03-01T07:30:00' })).toBeUndefined();
});

test('a goal is one cell, in the unit it was set in, and a day without samples neither meets nor misses it', () => {
	const checked = checkGoal(metric('steps'), 'at least', '8000', '', '{steps}');
	if (!checked.ok) throw new Error(checked.reason);
	expect(parseGoal(formatGoal(checked.goal))).toEqual(checked.goal);
	const day = (sum: number, n = 1) => ({ day: 0, n, min: 0, max: 0, sum });
	expect(isMet(checked.goal, metric('steps'), day(8000))).toBe(true);
	expect(isMet(checked.goal, metric('steps'), day(7999, 50))).toBe(false);
	expect(isMet(checked.goal, metric('steps'), undefined)).toBeUndefined();
	const range = parseGoal('between 70 and 140 mg/dL')!;
	expect(isMet(range, metric('glucose'), day(240, 2))).toBe(true);
	expect(isMet(parseGoal('at most 160 [lb_av]')!, metric('weight'), day(72.5))).toBe(true);
	expect(parseGoal('between 70 mg/dL')).toBeUndefined();
	expect(checkGoal(metric('weight'), 'between', '80', '70', 'kg')).toMatchObject({ ok: false, field: 'high' });
});
