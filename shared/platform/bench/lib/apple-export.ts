// An Apple Health export that nobody has to keep on disk: the same bytes for the same size, piece by piece.
//
// It has what makes real ones hard: a document type that is malformed, device names with an address that differs from
// record to record, letters beyond ASCII in every source, overlapping steps of a watch and a phone, correlations that
// repeat their records, types one after the other.

const START = Date.UTC(2016, 0, 1) / 1000;
const OFFSET = '+0100';

const DTD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 14 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
<!ELEMENT Record ((MetadataEntry|HeartRateVariabilityMetadataList)*)>
<!-- Note: Any Records that appear as children of a correlation also appear as top-level records in this document. ]> -->
<!ATTLIST Record type CDATA #REQUIRED unit "CDATA #IMPLIED>
]>
<HealthData locale="en_DE">
 <ExportDate value="2026-03-01 08:00:00 ${OFFSET}"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1990-02-02" HKCharacteristicTypeIdentifierBiologicalSex="HKBiologicalSexNotSet"/>
`;

interface Type {
	readonly name: string;
	readonly unit: string;
	/** Share of the records. */
	readonly share: number;
	/** Seconds from one to the next, and how long each lasts. */
	readonly every: number;
	readonly lasts: number;
	readonly watch: boolean;
	readonly value: (random: number, index: number) => string;
}

const TYPES: readonly Type[] = [
	{
		name: 'HeartRate',
		unit: 'count/min',
		share: 0.3,
		every: 210,
		lasts: 0,
		watch: true,
		value: (random, index) => String(58 + ((index >> 3) % 40) + Math.floor(random * 6))
	},
	{
		name: 'StepCount',
		unit: 'count',
		share: 0.12,
		every: 540,
		lasts: 290,
		watch: true,
		value: (random) => String(1 + Math.floor(random * 240))
	},
	{
		name: 'StepCount',
		unit: 'count',
		share: 0.1,
		every: 620,
		lasts: 560,
		watch: false,
		value: (random) => String(1 + Math.floor(random * 300))
	},
	{
		name: 'ActiveEnergyBurned',
		unit: 'kcal',
		share: 0.2,
		every: 320,
		lasts: 60,
		watch: true,
		value: (random) => (random * 3).toFixed(3)
	},
	{
		name: 'BasalEnergyBurned',
		unit: 'kcal',
		share: 0.14,
		every: 450,
		lasts: 440,
		watch: true,
		value: (random) => (10 + random * 4).toFixed(3)
	},
	{
		name: 'DistanceWalkingRunning',
		unit: 'km',
		share: 0.13,
		every: 480,
		lasts: 120,
		watch: true,
		value: (random) => (random * 0.2).toFixed(5)
	},
	{
		name: 'HeartRateVariabilitySDNN',
		unit: 'ms',
		share: 0.01,
		every: 6000,
		lasts: 60,
		watch: true,
		value: (random) => (20 + random * 80).toFixed(4)
	}
];

const SLEEP_STAGES = ['AsleepCore', 'AsleepDeep', 'AsleepREM', 'Awake'];

/** What was written, for whoever counts. */
export interface Written {
	records: number;
	bytes: number;
}

/** @param records of quantities, roughly; nights, blood pressures and workouts come on top */
export function* appleExport(records: number, written: Written): Generator<Uint8Array> {
	const random = mulberry(20_260_301);
	const encoder = new TextEncoder();
	let parts: string[] = [DTD];
	let size = 0;
	const flush = (): Uint8Array => {
		const bytes = encoder.encode(parts.join(''));
		parts = [];
		size = 0;
		written.bytes += bytes.length;
		return bytes;
	};
	const add = (text: string): boolean => {
		parts.push(text);
		size += text.length;
		return size >= 256 * 1024;
	};
	const record = (line: string): boolean => {
		written.records++;
		return add(line);
	};
	for (const type of TYPES) {
		const count = Math.round(records * type.share);
		let at = START;
		for (let index = 0; index < count; index++) {
			at += Math.floor(type.every * (0.5 + random()));
			const device = type.watch ? watch(random()) : phone(random());
			const line =
				` <Record type="HKQuantityTypeIdentifier${type.name}" ${device} unit="${type.unit}" ` +
				`creationDate="${stamp(at + 600)}" startDate="${stamp(at)}" endDate="${stamp(at + type.lasts)}" ` +
				`value="${type.value(random(), index)}"`;
			const full =
				type.name === 'HeartRate'
					? `${line}>\n  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="0"/>\n </Record>\n`
					: `${line}/>\n`;
			if (record(full)) yield flush();
		}
	}
	const nights = Math.round(records / 1500);
	for (let night = 0; night < nights; night++) {
		let at = START + night * 86_400 + 22 * 3600;
		for (let part = 0; part < 12; part++) {
			const end = at + 1200 + Math.floor(random() * 2400);
			const stage = SLEEP_STAGES[Math.floor(random() * 4)]!;
			if (
				record(
					` <Record type="HKCategoryTypeIdentifierSleepAnalysis" ${watch(random())} creationDate="${stamp(end)}" ` +
						`startDate="${stamp(at)}" endDate="${stamp(end)}" value="HKCategoryValueSleepAnalysis${stage}"/>\n`
				)
			)
				yield flush();
			at = end;
		}
	}
	for (const part of ['Systolic', 'Diastolic'])
		for (let day = 0; day < nights; day++) if (record(pressure(part, day, ' '))) yield flush();
	for (let day = 0; day < nights; day++) {
		const at = stamp(START + day * 86_400 + 25_200);
		add(
			` <Correlation type="HKCorrelationTypeIdentifierBloodPressure" sourceName="Omron" startDate="${at}" endDate="${at}">\n`
		);
		record(pressure('Systolic', day, '  '));
		record(pressure('Diastolic', day, '  '));
		if (add(' </Correlation>\n')) yield flush();
	}
	for (let day = 0; day < nights; day += 3) {
		const at = START + day * 86_400 + 61_200;
		add(
			` <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="${(20 + random() * 40).toFixed(6)}" durationUnit="min" ` +
				`${watch(random())} startDate="${stamp(at)}" endDate="${stamp(at + 3000)}">\n` +
				`  <WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="${(random() * 12).toFixed(4)}" unit="km"/>\n </Workout>\n`
		);
	}
	add('</HealthData>\n');
	yield flush();
}

function pressure(part: string, day: number, indent: string): string {
	const at = stamp(START + day * 86_400 + 25_200);
	const value = part === 'Systolic' ? 110 + (day % 30) : 65 + (day % 20);
	return `${indent}<Record type="HKQuantityTypeIdentifierBloodPressure${part}" sourceName="Omron" unit="mmHg" startDate="${at}" endDate="${at}" value="${value}"/>\n`;
}

function watch(random: number): string {
	return `sourceName="Anna\u2019s Apple\u00a0Watch" sourceVersion="9.1" device="&lt;&lt;HKDevice: ${address(random)}&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,7, software:9.1&gt;"`;
}

function phone(random: number): string {
	return `sourceName="Anna\u2019s iPhone" sourceVersion="16.2" device="&lt;&lt;HKDevice: ${address(random)}&gt;, name:iPhone, manufacturer:Apple Inc., model:iPhone, hardware:iPhone14,2, software:16.2&gt;"`;
}

function address(random: number): string {
	// A few hundred of them: they change with every start of the phone.
	return `0x${(0x280000000 + Math.floor(random * 200) * 4096).toString(16)}`;
}

const DATES = new Map<number, string>();
const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** `2016-01-01 01:00:00 +0100`. */
function stamp(seconds: number): string {
	const local = seconds + 3600;
	const day = Math.floor(local / 86_400);
	let date = DATES.get(day);
	if (date === undefined) DATES.set(day, (date = new Date(day * 86_400_000).toISOString().slice(0, 10)));
	const clock = local - day * 86_400;
	return `${date} ${TWO[Math.floor(clock / 3600)]!}:${TWO[Math.floor(clock / 60) % 60]!}:${TWO[clock % 60]!} ${OFFSET}`;
}

function mulberry(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}
