/** What Apple's export calls things, and what they are here. Identifiers without their `HK...Identifier` prefix. */

import { foreignMetric, foreignMetricId, metricWithId, SLEEP, type Metric } from '#lib/domain/metrics.ts';
import { unitFromText } from '#lib/domain/units.ts';

const QUANTITY = 'HKQuantityTypeIdentifier';
const CATEGORY = 'HKCategoryTypeIdentifier';

const METRIC_OF: Record<string, string> = {
	BodyMass: 'weight',
	Height: 'height',
	BodyMassIndex: 'bmi',
	BodyFatPercentage: 'body-fat',
	LeanBodyMass: 'lean-mass',
	WaistCircumference: 'waist',
	HeartRate: 'heart-rate',
	RestingHeartRate: 'resting-heart-rate',
	WalkingHeartRateAverage: 'walking-heart-rate',
	HeartRateVariabilitySDNN: 'heart-rate-variability',
	RespiratoryRate: 'respiratory-rate',
	OxygenSaturation: 'oxygen',
	BodyTemperature: 'temperature',
	BloodGlucose: 'glucose',
	StepCount: 'steps',
	DistanceWalkingRunning: 'distance',
	DistanceCycling: 'cycling-distance',
	DistanceSwimming: 'swimming-distance',
	ActiveEnergyBurned: 'active-energy',
	BasalEnergyBurned: 'resting-energy',
	FlightsClimbed: 'flights',
	AppleExerciseTime: 'exercise',
	AppleStandTime: 'standing',
	VO2Max: 'vo2max',
	WalkingSpeed: 'walking-speed',
	DietaryWater: 'water'
};

const SLEEP_STAGE: Record<string, number> = {
	InBed: SLEEP.inBed,
	Asleep: SLEEP.asleep,
	AsleepUnspecified: SLEEP.asleep,
	AsleepCore: SLEEP.core,
	AsleepDeep: SLEEP.deep,
	AsleepREM: SLEEP.rem,
	Awake: SLEEP.awake
};

const SYMPTOMS: Record<string, string> = {
	AbdominalCramps: 'Stomach ache',
	Acne: 'Acne',
	AppetiteChanges: 'Change of appetite',
	Bloating: 'Bloating',
	BreastPain: 'Breast pain',
	ChestTightnessOrPain: 'Chest pain',
	Chills: 'Chills',
	Constipation: 'Constipation',
	Coughing: 'Cough',
	Diarrhea: 'Diarrhoea',
	Dizziness: 'Dizziness',
	Fainting: 'Fainting',
	Fatigue: 'Tiredness',
	Fever: 'Fever',
	GeneralizedBodyAche: 'Body ache',
	HairLoss: 'Hair loss',
	Headache: 'Headache',
	Heartburn: 'Heartburn',
	HotFlashes: 'Hot flushes',
	LossOfSmell: 'Loss of smell',
	LossOfTaste: 'Loss of taste',
	LowerBackPain: 'Back pain',
	MemoryLapse: 'Memory lapse',
	MoodChanges: 'Change of mood',
	Nausea: 'Nausea',
	NightSweats: 'Night sweats',
	PelvicPain: 'Pelvic pain',
	RunnyNose: 'Runny nose',
	ShortnessOfBreath: 'Shortness of breath',
	SinusCongestion: 'Blocked nose',
	SkippedHeartbeat: 'Skipped heartbeat',
	SleepChanges: 'Change of sleep',
	SoreThroat: 'Sore throat',
	Vomiting: 'Vomiting',
	Wheezing: 'Wheezing'
};

const SEVERITY: Record<string, number> = { NotPresent: 0, Mild: 1, Moderate: 2, Severe: 3 };
const FLOW: Record<string, number> = { None: 0, Unspecified: 2, Light: 2, Medium: 3, Heavy: 4 };
const MUCUS: Record<string, string> = {
	Dry: 'dry',
	Sticky: 'sticky',
	Creamy: 'creamy',
	Watery: 'watery',
	EggWhite: 'egg white'
};

/** What becomes of the records of one type. */
export type Meaning =
	| { readonly as: 'quantity'; readonly name: string }
	| { readonly as: 'pressure'; readonly part: 0 | 1 }
	| { readonly as: 'sleep' }
	| { readonly as: 'mindful' }
	| { readonly as: 'flow' | 'spotting' | 'mucus' | 'basal' }
	| { readonly as: 'symptom'; readonly name: string }
	| { readonly as: 'nothing' };

const CATEGORY_MEANING: Record<string, Meaning> = {
	SleepAnalysis: { as: 'sleep' },
	MindfulSession: { as: 'mindful' },
	MenstrualFlow: { as: 'flow' },
	IntermenstrualBleeding: { as: 'spotting' },
	CervicalMucusQuality: { as: 'mucus' }
};

export function meaningOf(type: string): Meaning {
	if (type.startsWith(QUANTITY)) {
		const name = type.slice(QUANTITY.length);
		if (name === 'BloodPressureSystolic') return { as: 'pressure', part: 0 };
		if (name === 'BloodPressureDiastolic') return { as: 'pressure', part: 1 };
		if (name === 'BasalBodyTemperature') return { as: 'basal' };
		return { as: 'quantity', name };
	}
	if (type.startsWith(CATEGORY)) {
		const name = type.slice(CATEGORY.length);
		const symptom = own(SYMPTOMS, name);
		if (symptom !== undefined) return { as: 'symptom', name: symptom };
		return own(CATEGORY_MEANING, name) ?? { as: 'nothing' };
	}
	return { as: 'nothing' };
}

/** Names come from a file: `constructor` is none of ours. */
function own<T>(table: Record<string, T>, name: string): T | undefined {
	return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Metric and UCUM unit of a quantity; one that has no place in the list is kept under its own name. */
export function quantityOf(name: string, unitText: string): { metric: Metric; unit: string } | undefined {
	const metric = metricWithId(own(METRIC_OF, name) ?? '');
	const unit = unitOf(unitText, metric);
	if (metric) return { metric, unit };
	const foreign = foreignMetric(foreignMetricId(name, unit));
	return foreign && { metric: foreign, unit };
}

/** Apple writes 97 % as `0.97` with the unit `%`. */
function unitOf(text: string, metric: Metric | undefined): string {
	if (text === '%') return '1';
	if (text === 'count' && metric?.id === 'steps') return '{steps}';
	const unit = unitFromText(text);
	return unit.replaceAll(/\s/g, '') === '' ? '{count}' : unit.replaceAll(/\s/g, '').slice(0, 64);
}

const value = (text: string, prefix: string): string => (text.startsWith(prefix) ? text.slice(prefix.length) : text);

export function sleepStage(text: string): number | undefined {
	return own(SLEEP_STAGE, value(text, 'HKCategoryValueSleepAnalysis'));
}

export function flowLevel(text: string): number | undefined {
	return own(FLOW, value(value(text, 'HKCategoryValueMenstrualFlow'), 'HKCategoryValueVaginalBleeding'));
}

export function mucusQuality(text: string): string | undefined {
	return own(MUCUS, value(text, 'HKCategoryValueCervicalMucusQuality'));
}

export function severity(text: string): number | undefined {
	return own(SEVERITY, value(text, 'HKCategoryValueSeverity'));
}

/** Under which id the sum of a workout stands. */
export function workoutSum(type: string): { id: string; from: 'sum' | 'average' } | undefined {
	const sums: Record<string, { id: string; from: 'sum' | 'average' }> = {
		DistanceWalkingRunning: { id: 'distance', from: 'sum' },
		DistanceCycling: { id: 'distance', from: 'sum' },
		DistanceSwimming: { id: 'distance', from: 'sum' },
		ActiveEnergyBurned: { id: 'active-energy', from: 'sum' },
		BasalEnergyBurned: { id: 'resting-energy', from: 'sum' },
		StepCount: { id: 'steps', from: 'sum' },
		HeartRate: { id: 'heart-rate', from: 'average' }
	};
	return own(sums, type.replace(QUANTITY, ''));
}
