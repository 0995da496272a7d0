/**
 * Seals what the open transaction changed: one batch for each scope (several where it is larger than a batch may be, see
 * parts.ts), inside that transaction, so that no acknowledged write is ever without its batch.
 *
 * The own batch passes the same judgement that every receiver gives it. A trigger can refuse early, but what decides
 * here is what decides there.
 */
import { judgeContent } from '../access/verdict.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { PendingText } from '../engine/text.ts';
import { encodeBatch, type Change, type TextUpdate } from '../protocol/batch.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ChangeReader } from './changes.ts';
import type { History } from './history.ts';
import type { LogWriter } from './log-writer.ts';
import { partsOf, type Part, type PartSize } from './parts.ts';
import { asPlatformError, type Rights, type Standing } from './rights.ts';
import type { Scope } from './scope.ts';

export interface SealerOptions {
	reader: ChangeReader;
	writer: LogWriter;
	history: History;
	rights: Rights;
	/** Identity of this device's person, hex. */
	identity: string;
	clock: () => number;
	/** Columns of a table of this build's schema. */
	width: (table: string) => number;
	/** Called before the first batch of a scope: the own JOIN has to be in its log. */
	join: (scope: Scope) => void;
	partSize?: PartSize | undefined;
}

interface Sealing {
	scope: Scope;
	standing: Standing;
	parts: Part[];
}

export class Sealer {
	readonly #options: SealerOptions;

	constructor(options: SealerOptions) {
		this.#options = options;
	}

	/**
	 * @param events how often a row of each replicated table was written in the transaction
	 * @returns the scopes that have a new batch. If the transaction fails after this, they have to be loaded again.
	 */
	seal(events: ReadonlyMap<string, number>, texts: readonly PendingText[]): { scopes: Scope[]; realtime: boolean } {
		const changes = this.#options.reader.pending(events.keys());
		if (changes.size === 0 && texts.length === 0) return { scopes: [], realtime: false };
		const byScope = new Map<string, TextUpdate[]>();
		for (const { scope, table, id, column, counter, update } of texts) {
			const list = byScope.get(scope) ?? [];
			list.push([table, id, column, counter, update]);
			byScope.set(scope, list);
		}
		const sealings: Sealing[] = [];
		for (const name of new Set([...changes.keys(), ...byScope.keys()])) {
			sealings.push(this.#judge(name, changes.get(name) ?? [], byScope.get(name) ?? [], events));
		}
		// Only now, when all of them are good, does memory change.
		for (const sealing of sealings) this.#append(sealing);
		return { scopes: sealings.map(({ scope }) => scope), realtime: byScope.size > 0 };
	}

	#judge(name: string, changes: Change[], texts: TextUpdate[], events: ReadonlyMap<string, number>): Sealing {
		const { rights, identity, width, partSize } = this.#options;
		const scope = rights.scope(name);
		const standing = rights.standing(scope);
		const parts = partsOf(changes, texts, events, width, partSize);
		for (const part of parts) {
			const batch = { changes: part.changes, texts: part.texts, count: part.growth };
			const refusal = judgeContent(standing.declaration, standing.grant.role, identity, batch);
			if (refusal) throw asPlatformError(refusal, name);
		}
		return { scope, standing, parts };
	}

	#append({ scope, standing, parts }: Sealing): void {
		this.#options.join(scope);
		const shared = {
			v: 1 as const,
			grant: fromHex(standing.grant.hash),
			heads: scope.access.heads().map(fromHex),
			schema: fromHex(standing.schema),
			time: this.#options.clock()
		};
		parts.forEach(({ changes, texts, growth }, index) => {
			const content = encodeBatch({
				...shared,
				frontier: this.#newlySeen(scope),
				count: growth,
				changes,
				texts,
				...(parts.length === 1 ? {} : { part: [index + 1, parts.length] })
			});
			const { n } = this.#options.writer.append(scope, 'data', content, growth);
			this.#options.history.add(scope, n, changes);
		});
	}

	/** What came of other chains since the own batch before: the sum of these claims is what this device has seen. */
	#newlySeen(scope: Scope): [author: Uint8Array, seq: number][] {
		const seen: [Uint8Array, number][] = [];
		for (const author of scope.authors.values()) {
			const { end } = author.data;
			if (author === scope.own || end === 0 || scope.claimed.get(author.hex) === end) continue;
			if (seen.length === LIMITS.chains) break;
			scope.claimed.set(author.hex, end);
			seen.push([author.pseudonym, end]);
		}
		return seen;
	}
}
