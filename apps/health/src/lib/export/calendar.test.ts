import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPlan, instantOf, plannedTimes, type Plan } from '#lib/domain/schedule.ts';
import {
	parseCalendarNote,
	plansHash,
	formatCalendarNote,
	reminderSentence,
	reminderState
} from '#lib/domain/reminders.ts';
import { parseDay } from '#lib/domain/time.ts';
import { calendarFile } from './calendar.ts';

const NOW = Date.parse('2026-03-01T10:00:00Z') / 1000;
const today = parseDay('2026-03-01')!;

type Property = { name: string; params: string; value: string };
type Component = { name: string; properties: Property[]; inside: Component[] };

/** A reader of calendars after RFC 5545, with nothing of ours. */
function read(file: string): Component {
	const lines = file
		.replaceAll('\r\n ', '')
		.split('\r\n')
		.filter((line) => line !== '');
	const stack: Component[] = [{ name: '', properties: [], inside: [] }];
	for (const line of lines) {
		const colon = line.indexOf(':');
		const [name, ...params] = line.slice(0, colon).split(';');
		const value = line.slice(colon + 1);
		if (name === 'BEGIN') stack.push({ name: value, properties: [], inside: [] });
		else if (name === 'END') {
			const done = stack.pop()!;
			expect(done.name).toBe(value);
			stack.at(-1)!.inside.push(done);
		} else stack.at(-1)!.properties.push({ name: name!, params: params.join(';'), value });
	}
	expect(stack).toHaveLength(1);
	return stack[0]!.inside[0]!;
}

const get = (component: Component, name: string) => component.properties.find((property) => property.name === name);
const all = (component: Component, name: string) => component.inside.filter((inside) => inside.name === name);

/** Begin of each repetition within so many days, as if local times were UTC. */
function repetitions(event: Component, until: number): number[] {
	const start = get(event, 'DTSTART')!.value;
	const local = Date.UTC(
		+start.slice(0, 4),
		+start.slice(4, 6) - 1,
		+start.slice(6, 8),
		+start.slice(9, 11),
		+start.slice(11, 13)
	);
	const rule = Object.fromEntries(
		get(event, 'RRULE')!
			.value.split(';')
			.map((part) => part.split('='))
	) as Record<string, string>;
	const found: number[] = [];
	const interval = Number(rule['INTERVAL'] ?? 1);
	const days = rule['BYDAY']?.split(',');
	for (let at = local, step = 0; at < until * 1000; at += 86_400_000, step++) {
		const weekday = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][new Date(at).getUTCDay()]!;
		if (rule['FREQ'] === 'DAILY' ? step % interval !== 0 : !days!.includes(weekday)) continue;
		if (rule['COUNT'] !== undefined && found.length >= Number(rule['COUNT'])) break;
		found.push(at / 1000);
	}
	return found;
}

const time = fc
	.record({ hour: fc.nat(23), minute: fc.nat(59) })
	.map(({ hour, minute }) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const anyPlan: fc.Arbitrary<Plan> = fc
	.record({
		pattern: fc.oneof(
			fc.constant({ kind: 'daily' as const }),
			fc.record({
				kind: fc.constant('weekdays' as const),
				days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
			}),
			fc.record({ kind: fc.constant('every' as const), days: fc.integer({ min: 1, max: 30 }) })
		),
		times: fc.uniqueArray(time, { minLength: 1, maxLength: 4 }),
		from: fc.integer({ min: today - 100, max: today + 50 }),
		lasts: fc.option(fc.integer({ min: 0, max: 250 }), { nil: undefined }),
		zone: fc.constantFrom(undefined, 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'),
		amount: fc.string({ maxLength: 10 })
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

test('[HL-42] the alarms of a calendar file are the planned times of the next 90 days, none more and none less', () => {
	fc.assert(
		fc.property(anyPlan, (plan) => {
			const calendar = read(calendarFile([{ id: 's1', title: 'Pill', plan }], today, NOW));
			const events = all(calendar, 'VEVENT');
			const until = (today + 90) * 86_400;
			const rung = events.flatMap((event) => {
				const [alarm] = all(event, 'VALARM');
				expect(get(alarm!, 'TRIGGER')!.value).toBe('PT0S');
				expect(get(alarm!, 'ACTION')!.value).toBe('DISPLAY');
				return repetitions(event, until);
			});
			const planned = plannedTimes(plan, today, today + 89).map((local) => Date.parse(`${local}Z`) / 1000);
			expect(rung.toSorted((a, b) => a - b)).toEqual(planned);
		}),
		{ numRuns: 150 }
	);
});

test('[HL-42] a plan of a zone rings at the same instants as here, by the zone that stands in the file itself', () => {
	fc.assert(
		fc.property(anyPlan, (plan) => {
			fc.pre(plan.zone !== undefined);
			const calendar = read(calendarFile([{ id: 's1', title: 'Pill', plan }], today, NOW));
			const [zone] = all(calendar, 'VTIMEZONE');
			expect(get(zone!, 'TZID')!.value).toBe(plan.zone);
			const changes = zone!.inside
				.map((part) => ({
					at: localSeconds(get(part, 'DTSTART')!.value),
					before: minutes(get(part, 'TZOFFSETFROM')!.value),
					after: minutes(get(part, 'TZOFFSETTO')!.value)
				}))
				.toSorted((a, b) => a.at - b.at);
			/** The last change whose clock time is not after this one; a skipped time counts by the offset before. */
			const instant = (local: number): number => {
				const last = changes.findLast(({ at }) => at <= local)!;
				const skipped = local < last.at + (last.after - last.before) * 60;
				return local - (skipped ? last.before : last.after) * 60;
			};
			for (const event of all(calendar, 'VEVENT')) {
				expect(get(event, 'DTSTART')!.params).toBe(`TZID=${plan.zone}`);
				for (const local of repetitions(event, (today + 240) * 86_400)) {
					const text = new Date(local * 1000).toISOString().slice(0, 16);
					const { seconds, shown } = instantOf(plan, text, 'UTC');
					// RFC 5545 takes the first of two; a reader that goes by the last change takes the second.
					if (shown !== 'twice') expect(instant(local), `${text} ${plan.zone}`).toBe(seconds);
				}
			}
		}),
		{ numRuns: 80 }
	);
});

function localSeconds(text: string): number {
	return (
		Date.UTC(
			+text.slice(0, 4),
			+text.slice(4, 6) - 1,
			+text.slice(6, 8),
			+text.slice(9, 11),
			+text.slice(11, 13),
			+text.slice(13, 15)
		) / 1000
	);
}
function minutes(text: string): number {
	return (text.startsWith('-') ? -1 : 1) * (Number(text.slice(1, 3)) * 60 + Number(text.slice(3, 5)));
}

test('[HL-42] no title breaks out of its line, and no line is longer than 75 bytes', () => {
	const plan: Plan = { pattern: { kind: 'daily' }, times: ['08:00'], from: today, amount: '' };
	const title = `Pill; 5,0 mg\\ ü😀${'x'.repeat(200)}\r\nEND:VEVENT\nBEGIN:VALARM\u0000`;
	const file = calendarFile([{ id: 'evil\r\nX:1', title, plan }], today, NOW);
	for (const line of file.split('\r\n')) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
	const calendar = read(file);
	expect(all(calendar, 'VEVENT')).toHaveLength(1);
	const summary = get(all(calendar, 'VEVENT')[0]!, 'SUMMARY')!.value;
	expect(summary.replaceAll('\\n', '\n').replaceAll(/\\(.)/g, '$1')).toBe(
		title.replace('\r\n', '\n').replace('\u0000', '')
	);
	expect(file.endsWith('END:VCALENDAR\r\n')).toBe(true);
	expect(
		all(
			read(calendarFile([{ id: 's', title: 'x', plan: { ...plan, from: today - 10, until: today - 1 } }], today, NOW)),
			'VEVENT'
		)
	).toEqual([]);
});

test('[HL-42] nothing ever says that a reminder is set: at most that a file was saved', () => {
	const plan: Plan = { pattern: { kind: 'daily' }, times: ['08:00'], from: today, amount: '' };
	const plans = [{ id: 's1', plan }];
	const note = { at: 1, plans: plansHash(plans) };
	expect(parseCalendarNote(formatCalendarNote(note))).toEqual(note);
	expect(reminderState([], note)).toBe('nothing planned');
	expect(reminderState(plans, undefined)).toBe('no file');
	expect(reminderState(plans, note)).toBe('file saved');
	expect(reminderState([{ id: 's1', plan: { ...plan, times: ['09:00'] } }], note)).toBe('file outdated');
	for (const state of ['nothing planned', 'no file', 'file saved', 'file outdated'] as const) {
		expect(reminderSentence(state)).not.toMatch(/\barmed\b|\bactive\b|\bon\b|is set|will ring|will remind/i);
		if (state !== 'nothing planned') expect(reminderSentence(state)).toContain('cannot ring by itself');
	}
	expect(parseCalendarNote('constructor')).toBeUndefined();
});
