/**
 * Apple's export, `export.xml`, as it streams by: records, correlations, workouts, days of activity.
 *
 * The file may be of any size and is read once. What is ready goes to `take` in batches; `checkpoint` says up to which
 * byte everything is in those batches. Places at which batches are cut are the same whenever the same file is read,
 * whole or from a checkpoint on, so the chunks are too.
 *
 * Every `<Record ` is counted under its type, and either taken or left with a reason: the two add up to the count.
 * Records within a correlation stand at top level as well (so says the document type); the two halves of a blood
 * pressure are joined by source and time, wherever they stand.
 */

import { contentId } from '@slf/platform';
import type { JournalEntry } from '#lib/domain/journal.ts';
import { metricWithId, type Metric } from '#lib/domain/metrics.ts';
import { formatAmount } from '#lib/domain/reading.ts';
import { DAY_SECONDS, dayOf, dayOfDate, parseDay, parseMoment } from '#lib/domain/time.ts';
import { flowLevel, meaningOf, mucusQuality, quantityOf, severity, sleepStage, type Meaning } from './apple-types.ts';
import { WorkoutReader, type RouteFile } from './apple-workouts.ts';
import { detached, numberOf, readOffset, readSeconds } from './apple-values.ts';
import { Collector, type Lane } from './collector.ts';
import type { Batch, Checkpoint, ImportSummary } from './types.ts';
import type { Tag, XmlListener } from './xml.ts';

/** From so many samples on, the next change of type ends a portion. */
export const PORTION = 150_000;
/** Ways to write a source that are remembered. */
const MOST_WRITTEN = 5000;
/** So many portions' worth of samples end one wherever they are: about 100 MB of numbers. */
const LARGEST_PORTION = 10;

/** One half of a blood pressure that waits for the other. */
type Half = [
	sourceKey: string,
	time: number,
	offset: number,
	unit: string,
	systolic: number | null,
	diastolic: number | null
];

/** What has to be known at a checkpoint. */
interface State {
	found: Record<string, number>;
	left: Record<string, number>;
	taken: number;
	workouts: number;
	halves: Half[];
	exportOffset: number;
	first: number | null;
	last: number | null;
	routes: RouteFile[];
}

/** A type of record, and what was looked up for the last one of it. */
interface Kind {
	readonly type: string;
	readonly meaning: Meaning;
	unitText: string;
	metric: Metric | undefined;
	unit: string;
}

interface CycleDayDraft {
	day: number;
	bleeding?: number;
	temperature?: string;
	mucus?: string;
}

export class AppleReader implements XmlListener {
	readonly #portion: number;
	readonly #collector = new Collector();
	readonly #kinds = new Map<string, Kind>();
	readonly #halves = new Map<string, Half>();
	readonly #cycle = new Map<number, CycleDayDraft>();
	#journal: { id: string; entry: JournalEntry }[] = [];
	readonly #workouts: WorkoutReader;
	readonly #ready: Batch[] = [];
	#checkpoint: Checkpoint | undefined;
	#found: Record<string, number> = {};
	#left: Record<string, number> = {};
	#taken = 0;
	#workoutCount = 0;
	/** Offset of the zone that the export was made in: days of activity say none of their own. */
	#exportOffset = 0;
	#earlier: { first: number; last: number } | undefined;
	#correlations = 0;
	#lastType = '';
	#kind: Kind | undefined;
	#lane: Lane | undefined;
	#sourceText = '';
	#deviceText = '';
	#source = '';
	/** Ids by the ways in which names and devices are written: addresses in them change all the time. */
	readonly #sources = new Map<string, string>();
	#isExport = false;

	/** @param portion samples from which on a portion may end; another number gives other chunks of the same samples */
	constructor(resumed?: Checkpoint, portion = PORTION) {
		this.#portion = portion;
		const state = resumed ? (JSON.parse(resumed.state) as State) : undefined;
		this.#workouts = new WorkoutReader(this.#collector, state?.routes ?? []);
		if (!state) return;
		this.#found = state.found;
		this.#left = state.left;
		this.#taken = state.taken;
		this.#workoutCount = state.workouts;
		this.#exportOffset = state.exportOffset;
		this.#isExport = true;
		for (const half of state.halves) this.#halves.set(keyOf(half), half);
		if (state.first !== null && state.last !== null) this.#earlier = { first: state.first, last: state.last };
	}

	/** Whether it is an export at all. */
	get isExport(): boolean {
		return this.#isExport;
	}

	/** Routes that lie in files of their own beside the export. */
	get routes(): readonly RouteFile[] {
		return this.#workouts.routes;
	}

	/** Batches that are ready, and the checkpoint that holds once they are written. */
	take(): { batches: Batch[]; checkpoint: Checkpoint | undefined } {
		const taken = { batches: this.#ready.splice(0), checkpoint: this.#checkpoint };
		this.#checkpoint = undefined;
		return taken;
	}

	open(tag: Tag, at: () => number): void {
		if (!this.#isExport) {
			this.#isExport = tag.name === 'HealthData';
			return;
		}
		switch (tag.name) {
			case 'Record':
				return this.#record(tag, at);
			case 'Correlation':
				if (!tag.isEmpty) this.#correlations++;
				return;
			case 'Workout':
				this.#boundary('Workout', at);
				this.#workouts.begin(tag);
				if (tag.isEmpty) this.#endWorkout();
				return;
			case 'ActivitySummary':
				this.#boundary('ActivitySummary', at);
				return this.#activity(tag);
			case 'ExportDate':
				this.#exportOffset = parseMoment(tag.get('value') ?? '')?.offset ?? 0;
				return;
			default:
				this.#workouts.inside(tag);
		}
	}

	close(name: string): void {
		if (!this.#isExport) return;
		if (name === 'Correlation' && this.#correlations > 0) this.#correlations--;
		else if (name === 'Workout') this.#endWorkout();
	}

	/** Everything that is still held, after the last tag. */
	finish(): void {
		for (const half of this.#halves.values()) this.#joinHalf(half);
		this.#halves.clear();
		this.#pack();
	}

	summary(): Pick<ImportSummary, 'found' | 'taken' | 'workouts' | 'left' | 'first' | 'last'> {
		const period = this.#period();
		return {
			found: this.#found,
			taken: this.#taken,
			workouts: this.#workoutCount,
			left: this.#left,
			...(period ? { first: period.first, last: period.last } : {})
		};
	}

	#period(): { first: number; last: number } | undefined {
		const now = this.#collector.period;
		const before = this.#earlier;
		if (!now || !before) return now ?? before;
		return { first: Math.min(now.first, before.first), last: Math.max(now.last, before.last) };
	}

	/** Between two top-level elements of different types, before the second. */
	#boundary(type: string, at: () => number): void {
		const changed = type !== this.#lastType;
		this.#lastType = type;
		const held = this.#collector.held;
		if (held >= this.#portion * LARGEST_PORTION || (changed && held >= this.#portion)) {
			this.#pack();
			const period = this.#period();
			const state: State = {
				found: { ...this.#found },
				left: { ...this.#left },
				taken: this.#taken,
				workouts: this.#workoutCount,
				halves: [...this.#halves.values()],
				exportOffset: this.#exportOffset,
				first: period?.first ?? null,
				last: period?.last ?? null,
				routes: [...this.#workouts.routes]
			};
			this.#checkpoint = { at: at(), state: JSON.stringify(state) };
		}
	}

	#pack(): void {
		this.#ready.push(...this.#collector.take(), ...this.#workouts.take());
		if (this.#cycle.size > 0) this.#ready.push({ kind: 'cycle', rows: [...this.#cycle.values()] });
		if (this.#journal.length > 0) this.#ready.push({ kind: 'journal', rows: this.#journal });
		this.#cycle.clear();
		this.#journal = [];
		this.#lane = undefined;
	}

	#leave(reason: string): void {
		this.#left[reason] = (this.#left[reason] ?? 0) + 1;
	}

	#record(tag: Tag, at: () => number): void {
		const kind = this.#kindOf(tag);
		if (this.#correlations === 0 && this.#workouts.depth === 0) this.#boundary(kind.type, at);
		this.#found[kind.type] = (this.#found[kind.type] ?? 0) + 1;
		const { meaning } = kind;
		if (meaning.as === 'nothing') return this.#leave(NO_PLACE);
		if (this.#correlations > 0 && meaning.as !== 'pressure') return this.#leave(STANDS_ALONE);
		const startAt = tag.find('startDate');
		const start = startAt < 0 ? NaN : readSeconds(tag.text, tag.start(startAt), tag.end(startAt));
		if (Number.isNaN(start)) return this.#leave('a time that cannot be read');
		const offset = readOffset(tag.text, tag.end(startAt));
		const endAt = tag.find('endDate');
		const end = endAt < 0 ? start : readSeconds(tag.text, tag.start(endAt), tag.end(endAt));
		const duration = end > start ? end - start : 0;
		switch (meaning.as) {
			case 'quantity':
				return this.#quantity(tag, kind, start, duration, offset);
			case 'pressure':
				return this.#pressure(tag, meaning.part, start, offset);
			case 'sleep': {
				const stage = sleepStage(tag.get('value') ?? '');
				if (stage === undefined) return this.#leave('a value that is not known');
				return this.#add(SLEEP_METRIC, '1', tag, start, duration, offset, stage);
			}
			case 'mindful':
				return this.#add(MINDFUL_METRIC, 'min', tag, start, duration, offset, duration / 60);
			case 'symptom':
				return this.#symptom(tag, meaning.name, start, offset);
			default:
				return this.#cycleDay(tag, meaning.as, dayOf({ seconds: start, offset }));
		}
	}

	#kindOf(tag: Tag): Kind {
		const at = tag.find('type');
		const [start, end] = at < 0 ? [0, 0] : [tag.start(at), tag.end(at)];
		const last = this.#kind;
		if (last && last.type.length === end - start && tag.text.startsWith(last.type, start)) return last;
		const type = tag.get('type') ?? '';
		let kind = this.#kinds.get(type);
		if (!kind) {
			const name = detached(type.slice(0, 200));
			kind = { type: name, meaning: meaningOf(name), unitText: '\0', metric: undefined, unit: '' };
			this.#kinds.set(name, kind);
		}
		this.#kind = kind;
		this.#lane = undefined;
		return kind;
	}

	#quantity(tag: Tag, kind: Kind, start: number, duration: number, offset: number): void {
		const unitAt = tag.find('unit');
		const sameUnit =
			unitAt >= 0 &&
			kind.unitText.length === tag.end(unitAt) - tag.start(unitAt) &&
			tag.text.startsWith(kind.unitText, tag.start(unitAt));
		if (!sameUnit) {
			kind.unitText = detached(tag.get('unit') ?? '');
			const found = quantityOf((kind.meaning as { name: string }).name, kind.unitText);
			kind.metric = found?.metric;
			kind.unit = found?.unit ?? '';
			this.#lane = undefined;
		}
		const value = numberOf(tag);
		if (!kind.metric || value === undefined) return this.#leave(kind.metric ? NO_NUMBER : NO_PLACE);
		this.#add(kind.metric, kind.unit, tag, start, duration, offset, value);
	}

	#add(metric: Metric, unit: string, tag: Tag, start: number, duration: number, offset: number, value: number): void {
		const source = this.#sourceOf(tag);
		let lane = this.#lane;
		if (lane?.source !== source || lane.offset !== offset || lane.metric !== metric || lane.unit !== unit)
			this.#lane = lane = this.#collector.lane(metric, source, unit, offset);
		this.#collector.add(lane, start, duration, value);
		this.#taken++;
	}

	/** Neighbouring records mostly have the same source, written the same way. */
	#sourceOf(tag: Tag): string {
		const nameAt = tag.find('sourceName');
		const deviceAt = tag.find('device');
		const same = (at: number, text: string): boolean =>
			at < 0 ? text === '' : text.length === tag.end(at) - tag.start(at) && tag.text.startsWith(text, tag.start(at));
		if (this.#source !== '' && same(nameAt, this.#sourceText) && same(deviceAt, this.#deviceText)) return this.#source;
		const raw = (at: number): string => (at < 0 ? '' : tag.text.slice(tag.start(at), tag.end(at)));
		this.#sourceText = raw(nameAt);
		this.#deviceText = raw(deviceAt);
		const written = `${this.#sourceText}\0${this.#deviceText}`;
		let source = this.#sources.get(written);
		if (source === undefined) {
			source = this.#collector.source(tag.get('sourceName') ?? '', tag.get('device') ?? '');
			if (this.#sources.size < MOST_WRITTEN) this.#sources.set(detached(written), source);
		}
		return (this.#source = source);
	}

	#pressure(tag: Tag, part: 0 | 1, time: number, offset: number): void {
		const value = numberOf(tag);
		if (value === undefined) return this.#leave(NO_NUMBER);
		const unit = quantityOf('BloodPressure', tag.get('unit') ?? 'mmHg')!.unit;
		const fresh: Half = [`${tag.get('sourceName') ?? ''}\0${tag.get('device') ?? ''}`, time, offset, unit, null, null];
		const key = keyOf(fresh);
		let half = this.#halves.get(key);
		if (!half) this.#halves.set(key, (half = fresh));
		if (half[4 + part] !== null) return this.#leave(STANDS_ALONE);
		half[4 + part] = value;
		this.#taken++;
	}

	#joinHalf([sourceKey, time, offset, unit, systolic, diastolic]: Half): void {
		if (systolic === null || diastolic === null) {
			this.#taken--;
			return this.#leave('half of a blood pressure');
		}
		const [name, device] = sourceKey.split('\0') as [string, string];
		const lane = this.#collector.lane(PRESSURE_METRIC, this.#collector.source(name, device), unit, offset);
		this.#collector.add(lane, time, 0, systolic, diastolic);
	}

	#symptom(tag: Tag, name: string, seconds: number, offset: number): void {
		const level = severity(tag.get('value') ?? '');
		const entry: JournalEntry = {
			kind: 'symptom',
			name,
			...(level === undefined ? {} : { level }),
			at: { seconds, offset },
			note: ''
		};
		const id = contentId(['apple', name, level ?? null, seconds, offset]);
		this.#journal.push({ id, entry });
		this.#taken++;
	}

	#cycleDay(tag: Tag, what: 'flow' | 'spotting' | 'mucus' | 'basal', day: number): void {
		const text = tag.get('value') ?? '';
		const draft = this.#cycle.get(day) ?? { day };
		if (what === 'basal') {
			const value = numberOf(tag);
			if (value === undefined) return this.#leave(NO_NUMBER);
			const unit = quantityOf('BasalBodyTemperature', tag.get('unit') ?? '')?.unit ?? 'Cel';
			draft.temperature ??= formatAmount({ values: [String(value)], unit });
		} else if (what === 'mucus') {
			const quality = mucusQuality(text);
			if (quality === undefined) return this.#leave('a value that is not known');
			draft.mucus ??= quality;
		} else {
			const level = what === 'spotting' ? 1 : flowLevel(text);
			if (level === undefined) return this.#leave('a value that is not known');
			draft.bleeding = Math.max(draft.bleeding ?? 0, level);
		}
		this.#cycle.set(day, draft);
		this.#taken++;
	}

	#endWorkout(): void {
		const problem = this.#workouts.end();
		if (problem === undefined) return;
		if (problem === '') this.#workoutCount++;
		else this.#leave(problem);
	}

	/** The rings of a day. Apple writes some for days before 1970, which were no days. */
	#activity(tag: Tag): void {
		this.#found['ActivitySummary'] = (this.#found['ActivitySummary'] ?? 0) + 1;
		const day = parseDay(tag.get('dateComponents') ?? '');
		if (day === undefined || day < FIRST_DAY) return this.#leave('a day that cannot be read');
		const source = this.#collector.source('Apple Activity', '');
		let any = false;
		for (const [id, attribute, unit] of RINGS) {
			const text = tag.get(attribute);
			const value = text === undefined || text === '' ? NaN : Number(text);
			if (!Number.isFinite(value)) continue;
			const own = id === 'move-ring' && tag.get('activeEnergyBurnedUnit') === 'kJ' ? 'kJ' : unit;
			const lane = this.#collector.lane(metricWithId(id)!, source, own, this.#exportOffset);
			this.#collector.add(lane, day * DAY_SECONDS - this.#exportOffset * 60, DAY_SECONDS, value);
			any = true;
		}
		if (any) this.#taken++;
		else this.#leave(NO_NUMBER);
	}
}

const NO_PLACE = 'a kind that has no place here';
const NO_NUMBER = 'a value that is no number';
const STANDS_ALONE = 'stands in the file a second time';
const SLEEP_METRIC = metricWithId('sleep')!;
const MINDFUL_METRIC = metricWithId('mindfulness')!;
const PRESSURE_METRIC = metricWithId('blood-pressure')!;
/** Before the first device that could have measured it. */
const FIRST_DAY = dayOfDate(2000, 1, 1);
const RINGS = [
	['move-ring', 'activeEnergyBurned', 'kcal'],
	['exercise-ring', 'appleExerciseTime', 'min'],
	['stand-ring', 'appleStandHours', 'h']
] as const;

function keyOf([source, time, offset, unit]: Half): string {
	return `${source}\n${time}\n${offset}\n${unit}`;
}
