/**
 * Three devices that edit the same transactions and hear of each other in any order and only in part. What each shows is
 * compared with an oracle that knows nothing of revisions naming each other: it gives every write a vector clock.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentOf, simpleLines, splitLines } from './lines.ts';
import { decodeRevision, encodeRevision, imbalance, type Content, type Revision } from './revision.ts';
import { isConflict, threadOf, type Thread } from './thread.ts';

const DEVICES = 3;

interface Step {
	kind: 'add' | 'total' | 'shift' | 'split' | 'date' | 'delete' | 'resolve' | 'hear';
	device: number;
	other: number;
	pick: number;
	amount: number;
}

/** As it travels: an id and a cell. */
interface Sent {
	id: string;
	body: string;
	thread: string;
	/** How many writes of each device to this transaction came before it, heard or hearsay: the oracle's, never sent. */
	clock: number[];
}

class Device {
	readonly held: Sent[] = [];
	/** How much of each device's chain is here. A chain arrives in its order. */
	readonly clock: number[] = new Array<number>(DEVICES).fill(0);
	/** By transaction: how many writes of each device are here, or were known to the authors of what is here. */
	readonly #past = new Map<string, number[]>();
	readonly #index: number;

	constructor(index: number) {
		this.#index = index;
	}

	write(content: Content, on: Thread | undefined, chains: Sent[][], id: string): void {
		this.clock[this.#index]!++;
		const thread = on?.id ?? id;
		const past = this.#pastOf(thread);
		past[this.#index]!++;
		const sent = { id, body: encodeRevision(content, on?.id, on?.seen ?? []), thread, clock: [...past] };
		chains[this.#index]!.push(sent);
		this.held.push(sent);
	}

	hear(other: number, upTo: number, chains: Sent[][]): void {
		for (const sent of chains[other]!.slice(this.clock[other], upTo)) {
			this.held.push(sent);
			this.clock[other]!++;
			const past = this.#pastOf(sent.thread);
			sent.clock.forEach((count, device) => (past[device] = Math.max(past[device]!, count)));
		}
	}

	#pastOf(thread: string): number[] {
		let past = this.#past.get(thread);
		if (!past) this.#past.set(thread, (past = new Array<number>(DEVICES).fill(0)));
		return past;
	}

	/** In any order: sorting by a hash of the id here, so that it is another one than that of writing. */
	threads(): Map<string, { thread: Thread; sent: Sent[] }> {
		const read = this.held.map((sent) => ({ sent, revision: readOnce(sent) }));
		const groups = Map.groupBy(read, ({ revision }) => revision.thread);
		return new Map(
			[...groups].map(([id, group]) => {
				const shuffled = group.toSorted((a, b) => (reversed(a.sent.id) < reversed(b.sent.id) ? -1 : 1));
				const thread = threadOf(shuffled.map(({ revision }) => revision))!;
				return [id, { thread, sent: group.map(({ sent }) => sent) }];
			})
		);
	}
}

const known = new WeakMap<Sent, Revision>();
function readOnce(sent: Sent): Revision {
	let revision = known.get(sent);
	if (!revision) known.set(sent, (revision = decodeRevision(sent.id, sent.body) as Revision));
	return revision;
}

const reversed = (text: string) => [...text].reverse().join('');

function newContent({ amount, pick }: Step): Content {
	const date = 20260100 + (pick % 28) + 1;
	const parts = [
		{ category: 'food', minor: -amount },
		{ category: 'home', minor: -(amount % 97) - 1 }
	];
	return contentOf({ date, currency: 'EUR', lines: splitLines('bank', 'EUR', parts) });
}

function edited(content: Content, { kind, amount, pick }: Step): Content {
	const whole = content.lines[0]!.minor;
	switch (kind) {
		case 'total':
			return { ...content, deleted: false, lines: simpleLines('bank', -amount, 'EUR', 'food') };
		case 'shift': {
			const part = amount % 1000;
			const parts = [
				{ category: 'food', minor: whole - part },
				{ category: 'fun', minor: part }
			];
			return { ...content, deleted: false, lines: splitLines('bank', 'EUR', parts) };
		}
		case 'split': {
			const parts = Array.from({ length: (pick % 5) + 2 }, (_, n) => ({ category: `c${n}`, minor: -amount - n }));
			return { ...content, deleted: false, lines: splitLines('bank', 'EUR', parts) };
		}
		case 'delete':
			return { ...content, deleted: true };
		default:
			return { ...content, date: 20260200 + (pick % 28) + 1 };
	}
}

/** What several leaves mean, told by the clocks alone: those that nobody who wrote later had. */
function oracle(sent: readonly Sent[]): { meanings: Set<string>; live: boolean } {
	const before = (a: number[], b: number[]) => a.every((count, device) => count <= b[device]!);
	const leaves = sent.filter((one) => !sent.some((other) => other !== one && before(one.clock, other.clock)));
	const contents = leaves.map((leaf) => readOnce(leaf).content);
	return {
		meanings: new Set(contents.map((content) => JSON.stringify(content))),
		live: contents.some(({ deleted }) => !deleted)
	};
}

const step = fc.record<Step>({
	kind: fc.constantFrom('total', 'shift', 'split', 'date', 'delete', 'resolve', 'hear', 'hear', 'hear', 'add'),
	device: fc.nat(DEVICES - 1),
	other: fc.nat(DEVICES - 1),
	pick: fc.nat(1000),
	amount: fc.nat(5000)
});

let conflictsSeen = 0;

/** A plain check: an assertion library in the innermost loop takes most of the time. */
function must(holds: boolean, what: string): void {
	if (!holds) throw new Error(what);
}

function check(device: Device): void {
	for (const { thread, sent } of device.threads().values()) {
		const { shown, versions } = thread;
		must(
			versions.every(({ content }) => imbalance(content.lines) === 0),
			'an unbalanced version is shown'
		);
		const { meanings, live } = oracle(sent);
		must(versions.length === meanings.size, `${versions.length} versions where ${meanings.size} people disagree`);
		must(isConflict(thread) === meanings.size > 1, 'a conflict is not flagged, or flagged where there is none');
		must(shown.content.deleted === !live, 'a deletion won over an edit');
		if (isConflict(thread)) conflictsSeen++;
	}
}

function run(steps: readonly Step[]): void {
	const devices = Array.from({ length: DEVICES }, (_, index) => new Device(index));
	const chains: Sent[][] = devices.map(() => []);
	let count = 0;
	const nextId = (device: number) => `r${String(count++).padStart(4, '0')}-${device}`;
	devices[0]!.write(newContent(steps[0]!), undefined, chains, nextId(0));
	for (const device of devices.slice(1)) device.hear(0, 1, chains);
	for (const one of steps) {
		const device = devices[one.device]!;
		if (one.kind === 'hear') {
			if (one.other !== one.device) {
				const there = chains[one.other]!.length - device.clock[one.other]!;
				device.hear(one.other, device.clock[one.other]! + (one.pick % (there + 1)), chains);
			}
		} else if (one.kind === 'add') device.write(newContent(one), undefined, chains, nextId(one.device));
		else {
			const threads = [...device.threads().values()];
			const thread = threads[one.pick % threads.length]?.thread;
			if (!thread) continue;
			if (one.kind === 'resolve') {
				if (!isConflict(thread)) continue;
				device.write(thread.versions[1]!.content, thread, chains, nextId(one.device));
				must(!isConflict(device.threads().get(thread.id)!.thread), 'a settled conflict is still flagged');
			} else device.write(edited(thread.shown.content, one), thread, chains, nextId(one.device));
		}
		check(device);
	}
	for (const device of devices) {
		for (let other = 0; other < DEVICES; other++) device.hear(other, chains[other]!.length, chains);
		check(device);
	}
	const states = devices.map((device) =>
		[...device.threads()]
			.map(([id, { thread }]) => [
				id,
				thread.shown.id,
				thread.versions.map((version) => version.id),
				thread.shown.content
			])
			.toSorted()
	);
	must(new Set(states.map((state) => JSON.stringify(state))).size === 1, 'devices that have the same show different');
}

test('[FN-12] [FN-14] [FN-16] in 10,000 histories of three devices that hear of each other in part, no unbalanced transaction is shown, every concurrent edit is flagged and nothing else, and in the end all show the same', () => {
	fc.assert(
		fc.property(fc.array(step, { minLength: 8, maxLength: 24, size: 'max' }), (steps) => run(steps)),
		{ numRuns: 10_000 }
	);
	expect(conflictsSeen).toBeGreaterThan(10_000);
}, 120_000);
