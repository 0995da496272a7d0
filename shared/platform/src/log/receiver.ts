/**
 * Takes in records of others: form, chain, verdict, and only then the tables.
 *
 *     bytes ─split─▶ signed record ─chain─▶ settled ─open, judge─▶ APPLIED
 *                        │ gap: HELD, bounded       ├─ REFUSED  stays in its chain and is passed on, so that others can
 *                        │ other scope, fork:       │           follow the chain; all refuse it alike
 *                        ▼ dropped                  ├─ WAITING  names what is not here, or versions above the growth
 *                                                   └─ AHEAD    valid, but for a schema that this build does not have
 *
 * Batches of one author are judged each on its own; only texts keep the order of their chain, and the parts of a large
 * transaction wait until its last one is here. After every record that may have unblocked others, those are looked at
 * again, so the outcome does not depend on the order of arrival.
 *
 * All of it happens inside one transaction of the caller, who loads the scope anew if that fails.
 */
import type { Hex, Refusal } from '../access/operation.ts';
import { judgeBatch } from '../access/verdict.ts';
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { decodeBatch, type BatchBody } from '../protocol/batch.ts';
import { recordHeader, splitRecord, type RecordHeader, type RecordLog, type SplitRecord } from '../protocol/record.ts';
import { readOperation } from './access-records.ts';
import { openRecord } from './open-record.ts';
import type { RecordStore } from './record-store.ts';
import { chainOf, type Author, type Scope, type Wait } from './scope.ts';
import { RecordState } from './tables.ts';

/** What the receiver needs of the database's tables. */
export interface BatchTarget {
	/** Whether this build has the tables and columns of the batch. */
	knows(body: BatchBody): boolean;
	/** R10: what is wrong with the texts, by their form. */
	checkTexts(author: Hex, body: BatchBody): Refusal | undefined;
	/**
	 * Puts changes and texts into the tables. When it throws, nothing of it remains with `undoable`; else the whole
	 * transaction has to be undone.
	 */
	apply(scope: Scope, author: Author, body: BatchBody, identity: Hex, undoable: boolean): void;
	/** The record of this row, whose body this is, was applied. */
	applied(scope: Scope, n: number, body: BatchBody): void;
}

/** The tables did not take a batch, and it cannot be undone alone: undo everything, and receive again with `undoable`. */
export class BatchFault extends Error {}

export interface Received {
	/** Batches that are in the tables and operations that are in effect now and were not before. */
	applied: number;
	/** Records kept for later: beyond a gap, waiting, or ahead of this build. */
	held: number;
	refused: { author: Hex; rule: string; reason: string }[];
	/** Whether grants, bindings or policies may have changed. */
	accessChanged: boolean;
	/** Records that are here now and were not before. */
	stored: number;
	/** Identities whose batches are in the tables now. */
	writers: Set<Hex>;
}

/** Records beyond gaps and batches that wait, for each scope. More are not taken, and come again with a later sync. */
const MOST_HELD = 4096;
const MOST_HELD_BYTES = 32 * 1024 * 1024;

type Incoming = Pick<SplitRecord, 'header' | 'ciphertext' | 'hash'> & { bytes: Uint8Array };
interface Judged {
	state: RecordState;
	growth: number;
	wait?: Wait;
	hasTexts?: boolean;
	/** Its content, if it was applied. */
	applied?: BatchBody;
}

export class Receiver {
	readonly #records: RecordStore;
	readonly #target: BatchTarget;
	#undoable = false;

	constructor(records: RecordStore, target: BatchTarget) {
		this.#records = records;
		this.#target = target;
	}

	/**
	 * @param undoable keep a savepoint for each batch. SQLite then takes twice the time, growing with the batch, so it is
	 * done only after a BatchFault
	 */
	receive(scope: Scope, records: readonly Uint8Array[], undoable = false): Received {
		this.#undoable = undoable;
		const result = nothing();
		const fresh: Incoming[] = [];
		for (const bytes of records) {
			const record = this.#split(scope, bytes, result);
			if (record) fresh.push(record);
		}
		// Access before data, chains in order: what comes shuffled in one delivery need not wait within it.
		fresh.sort((a, b) =>
			a.header.log === b.header.log ? a.header.seq - b.header.seq : a.header.log === 'access' ? -1 : 1
		);
		for (const record of fresh) this.#take(scope, record, result);
		this.#retry(scope, result);
		return result;
	}

	/** Looks at everything again that waits, whatever for: after opening, when the build or the schema may be newer. */
	retryAll(scope: Scope, undoable = false): Received {
		this.#undoable = undoable;
		const result = nothing();
		this.#retry(scope, result, true);
		return result;
	}

	/** Form, signature, scope, and whether it is new. */
	#split(scope: Scope, bytes: Uint8Array, result: Received): Incoming | undefined {
		try {
			const { header } = recordHeader(bytes);
			const author = scope.authors.get(toHex(header.author));
			const known = author && this.#stored(author, header);
			const record = known && equalBytes(known, bytes) ? undefined : splitRecord(bytes);
			if (!record) return undefined;
			const epoch = scope.epochOf(toHex(header.keyId));
			if (!epoch || !equalBytes(epoch.secrets.tag, header.tag)) {
				refuse(result, header, 'R0', 'a record of another scope or epoch');
				return undefined;
			}
			if (known) {
				// The same content sealed twice by an honest device does not exist: seq is used once.
				refuse(result, header, 'R4', 'two records with one place in a chain: the device was copied or forges');
				return undefined;
			}
			return { ...record, bytes };
		} catch (error) {
			result.refused.push({ author: '', rule: 'R0', reason: error instanceof Error ? error.message : 'malformed' });
			return undefined;
		}
	}

	#stored(author: Author, { log, seq }: RecordHeader): Uint8Array | undefined {
		const chain = chainOf(author, log);
		const row = chain.held.get(seq);
		if (row !== undefined) return this.#records.byNumber(row)!.bytes;
		return seq <= chain.end ? this.#records.at(author.n, log, seq)!.bytes : undefined;
	}

	#take(scope: Scope, record: Incoming, result: Received): void {
		const { header, bytes } = record;
		if (!this.#mayBeOfMember(scope, record)) {
			return refuse(result, header, 'R0', "a record that the scope's key does not open, by an unknown author");
		}
		const author = scope.author(header.author);
		const chain = chainOf(author, header.log);
		if (header.seq <= chain.end || chain.held.has(header.seq)) return; // twice in one delivery
		if (header.seq === chain.end + 1) {
			if (!this.#settle(scope, author, record, undefined, result)) return;
			this.#settleHeld(scope, author, header.log, result);
			return;
		}
		if (chain.held.size >= MOST_HELD || scope.heldBytes + bytes.length > MOST_HELD_BYTES) return;
		if (author.n === 0) author.n = this.#records.addAuthor(scope.row.n, author.pseudonym);
		chain.held.set(
			header.seq,
			this.#records.insert(author.n, header.log, header.seq, RecordState.HELD, 0, record.hash, bytes)
		);
		scope.heldBytes += bytes.length;
		result.held++;
		result.stored++;
	}

	/**
	 * Whoever knows a tag can sign records for it with keys made for that. What no key here opens is kept only where its
	 * author is known, whose chain goes on behind it.
	 */
	#mayBeOfMember(scope: Scope, record: Incoming): boolean {
		const isBound = scope.access.bindingOf(toHex(record.header.author)) !== undefined;
		return isBound || openRecord(scope, record).status === 'open';
	}

	/** After a gap was filled: what stood behind it. */
	#settleHeld(scope: Scope, author: Author, log: RecordLog, result: Received): void {
		const chain = chainOf(author, log);
		for (let row = chain.held.get(chain.end + 1); row !== undefined; row = chain.held.get(chain.end + 1)) {
			const { bytes, hash, seq } = this.#records.byNumber(row)!;
			chain.held.delete(seq);
			scope.heldBytes -= bytes.length;
			const { header, ciphertext } = recordHeader(bytes);
			if (!this.#settle(scope, author, { header, ciphertext, hash, bytes }, row, result)) return;
		}
	}

	/** Gives the next record of a chain its place and its outcome. False: it does not belong there. */
	#settle(scope: Scope, author: Author, record: Incoming, row: number | undefined, result: Received): boolean {
		const { header, hash, bytes } = record;
		const chain = chainOf(author, header.log);
		const drop = (): false => {
			if (row !== undefined) this.#records.remove(row);
			return false;
		};
		if (!equalBytes(header.prev, chain.hash)) {
			refuse(result, header, 'R4', 'it does not follow the record before it: the device was copied or forges');
			return drop();
		}
		const judged =
			header.log === 'access'
				? this.#judgeOperation(scope, record, result)
				: this.#judgeData(scope, author, record, false, result);
		if (!judged) return drop();
		if (author.n === 0) author.n = this.#records.addAuthor(scope.row.n, author.pseudonym);
		let n = row;
		if (n === undefined) {
			n = this.#records.insert(author.n, header.log, header.seq, judged.state, judged.growth, hash, bytes);
		} else this.#records.settle(n, judged.state, judged.growth);
		result.stored++;
		chain.end = header.seq;
		chain.hash = hash;
		if (judged.applied) this.#target.applied(scope, n, judged.applied);
		this.#noteWait(scope, author, n, header.seq, judged);
		if (judged.state === RecordState.WAITING || judged.state === RecordState.AHEAD) result.held++;
		return true;
	}

	#noteWait(scope: Scope, author: Author, n: number, seq: number, { wait, hasTexts }: Judged): void {
		if (wait) {
			scope.waiting.set(n, wait);
			if (hasTexts) author.data.waitingTexts.set(n, seq);
			else author.data.waitingTexts.delete(n);
		} else {
			scope.waiting.delete(n);
			author.data.waitingTexts.delete(n);
		}
	}

	#judgeOperation(scope: Scope, record: Incoming, result: Received): Judged {
		const operation = readOperation(scope, record, record.hash)!;
		for (const hash of scope.access.add(operation)) {
			const outcome = scope.access.outcomeOf(hash)!;
			const { author } = scope.access.operation(hash)!;
			if (outcome.status === 'refused') result.refused.push({ author, ...outcome.refusal });
			else result.applied++;
			result.accessChanged = true;
		}
		// Its outcome is the access log's to say, now and whenever it is loaded.
		return { state: RecordState.APPLIED, growth: 0 };
	}

	/** The outcome of a batch; undefined when it would have to wait and too much waits already. */
	#judgeData(scope: Scope, author: Author, record: Incoming, counted: boolean, result: Received): Judged | undefined {
		const { header } = record;
		const refused = (refusal: Refusal): Judged => {
			result.refused.push({ author: author.hex, ...refusal });
			return { state: RecordState.REFUSED, growth: 0 };
		};
		const opened = openRecord(scope, record);
		if (opened.status !== 'open') return refused({ rule: 'R0', reason: 'a batch that its key does not open' });
		let body: BatchBody;
		try {
			body = decodeBatch(opened.content);
		} catch {
			return refused({ rule: 'R0', reason: 'a batch that cannot be read' });
		}
		const hasTexts = body.texts.length > 0;
		const last = header.seq + (body.part ? body.part[1] - body.part[0] : 0);
		if (last > Math.max(header.seq, author.data.end)) {
			if (scope.waiting.size >= MOST_HELD) return undefined;
			const wait: Wait = { kind: 'parts', author: author.hex, last };
			return { state: RecordState.WAITING, growth: 0, wait, hasTexts };
		}
		const verdict = judgeBatch(scope.access, {
			author: author.hex,
			grant: toHex(body.grant),
			heads: body.heads.map(toHex),
			schema: toHex(body.schema),
			count: body.count,
			changes: body.changes,
			texts: body.texts
		});
		if (verdict.status === 'refused') return refused(verdict.refusal);
		if (verdict.status === 'waiting') {
			const wait: Wait = { kind: 'access', for: verdict.for };
			if (scope.waiting.size >= MOST_HELD) return undefined;
			return { state: RecordState.WAITING, growth: 0, wait, hasTexts };
		}
		const textRefusal = this.#target.checkTexts(author.hex, body);
		if (textRefusal) return refused(textRefusal);

		// From here on it is well-formed: it counts for the growth of the scope, whether it can be applied yet or not.
		const growth = body.count;
		if (!counted) scope.growth += growth;
		this.#noteClaims(scope, body);
		const wait = this.#waitOf(scope, author, header.seq, body);
		if (wait) {
			const state = wait.kind === 'schema' ? RecordState.AHEAD : RecordState.WAITING;
			return { state, growth, wait, hasTexts };
		}
		try {
			this.#target.apply(scope, author, body, verdict.identity, this.#undoable);
		} catch (error) {
			if (!isBatchFault(error)) throw error;
			if (!this.#undoable) throw new BatchFault('a batch that the tables did not take', { cause: error });
			result.refused.push({
				author: author.hex,
				rule: 'R9',
				reason: 'the tables did not take it; it is tried again later'
			});
			return { state: RecordState.AHEAD, growth, wait: { kind: 'schema' }, hasTexts };
		}
		result.applied++;
		result.writers.add(verdict.identity);
		return { state: RecordState.APPLIED, growth, applied: body };
	}

	#waitOf(scope: Scope, author: Author, seq: number, body: BatchBody): Wait | undefined {
		let need = 0;
		for (const [, , , , version, causalLength] of body.changes) need = Math.max(need, version, causalLength);
		if (need > scope.growth) return { kind: 'growth', need };
		if (!this.#target.knows(body)) return { kind: 'schema' };
		if (body.texts.length > 0 && hasEarlierText(author, seq)) return { kind: 'text', author: author.hex, seq };
		return undefined;
	}

	/** A batch says what its author had seen; what is claimed and not here is being withheld. */
	#noteClaims(scope: Scope, { frontier }: BatchBody): void {
		for (const [pseudonym, seq] of frontier) {
			// Pseudonyms that nobody bound are not noted: a claim must not fill the table.
			const author = scope.authors.get(toHex(pseudonym));
			if (!author || author.n === 0 || author.claimed >= seq) continue;
			author.claimed = seq;
			this.#records.setClaimed(author.n, seq);
		}
	}

	#retry(scope: Scope, result: Received, all = false): void {
		let pending = all ? [...scope.waiting.keys()] : this.#ready(scope);
		while (pending.length > 0) {
			for (const n of pending) this.#judgeAgain(scope, n, result);
			pending = this.#ready(scope);
		}
	}

	#ready(scope: Scope): number[] {
		const ready: number[] = [];
		for (const [n, wait] of scope.waiting) {
			if (isOver(scope, wait)) ready.push(n);
		}
		return ready;
	}

	#judgeAgain(scope: Scope, n: number, result: Received): void {
		const stored = this.#records.byNumber(n)!;
		const { header, ciphertext } = recordHeader(stored.bytes);
		const author = scope.author(header.author);
		const before = scope.growth;
		const counted = this.#records.growthOf(n) > 0;
		scope.waiting.delete(n);
		const judged = this.#judgeData(
			scope,
			author,
			{ header, ciphertext, hash: stored.hash, bytes: stored.bytes },
			counted,
			result
		)!;
		if (stored.state !== judged.state || scope.growth !== before) this.#records.settle(n, judged.state, judged.growth);
		if (judged.applied) this.#target.applied(scope, n, judged.applied);
		this.#noteWait(scope, author, n, stored.seq, judged);
	}
}

function isOver(scope: Scope, wait: Wait): boolean {
	switch (wait.kind) {
		case 'access':
			return scope.access.isSettled(wait.for) || scope.access.bindingOf(wait.for) !== undefined;
		case 'growth':
			return wait.need <= scope.growth;
		case 'parts':
			return scope.authors.get(wait.author)!.data.end >= wait.last;
		case 'text':
			return !hasEarlierText(scope.authors.get(wait.author)!, wait.seq);
		default:
			return false;
	}
}

function hasEarlierText(author: Author, seq: number): boolean {
	for (const waiting of author.data.waitingTexts.values()) if (waiting < seq) return true;
	return false;
}

/** Whether the batch is at fault, and not the machine: a full disk must stop everything, not quarantine batches. */
function isBatchFault(error: unknown): boolean {
	const code = (error as { code?: unknown }).code;
	return typeof code === 'string' && ['CONSTRAINT', 'SQL', 'TOO_BIG', 'MISMATCH'].includes(code);
}

function refuse(result: Received, header: RecordHeader, rule: string, reason: string): void {
	result.refused.push({ author: toHex(header.author), rule, reason });
}

function nothing(): Received {
	return { applied: 0, held: 0, refused: [], accessChanged: false, stored: 0, writers: new Set() };
}
