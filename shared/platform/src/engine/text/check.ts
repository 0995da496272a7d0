/**
 * Rule R10: what a text update from another device may contain, judged from its bytes before Yjs applies it.
 *
 * Yjs believes every struct it is given. Two structs with the same client id and clock but other content make peers
 * differ for ever, with equal state vectors. Therefore an update may hold structs of one client alone, the one that
 * belongs to the signer and the counter that the batch names, without holes; and only plain text: strings and deleted
 * stretches directly in the document's one text. No formats, embeds, maps, nested types or sub-documents.
 *
 * Whether an update is refused depends on these bytes and the client alone, so that every peer gives the same verdict
 * in every order of arrival. What depends on the document (text it leans on that is not here yet) is `needs`: such an
 * update waits, it is not refused.
 */

import * as Y from 'yjs';
import { isNormalText } from '../../protocol/text-edit.ts';

/** The name of the one shared type in a text's document. */
export const ROOT = 't';

export const TEXT_LIMITS = {
	/** Bytes of one update. */
	updateBytes: 2 ** 22,
	/** Structs in one update. Yjs may compare each with all others at one place. */
	structs: 10_000,
	/** Stretches in one delete set. */
	deletes: 100_000,
	/** Clocks that one update may advance: a whole text, twice. */
	clocks: 2 ** 21,
	/** Clocks of one client in one document: no engine start types more. */
	clock: 2 ** 40,
	/** UTF-16 units of a text that an edit on this device may make. */
	text: 2 ** 20,
	/** Changes in one edit on this device; each makes at most two structs. */
	changes: 4000
} as const;

export type TextRefusalCode = 'TEXT_MALFORMED' | 'TEXT_FORGED' | 'TEXT_TOO_LARGE';

/** Why a text update from elsewhere is refused. Nothing of it was applied. */
export class TextRefusal extends Error {
	readonly rule = 'R10';
	readonly code: TextRefusalCode;

	constructor(code: TextRefusalCode, message: string) {
		super(message);
		this.name = 'TextRefusal';
		this.code = code;
	}
}

export interface UpdateShape {
	/** The clocks of its own client that it brings: from (inclusive) to (exclusive). Equal if it only deletes. */
	readonly from: number;
	readonly to: number;
	readonly structs: number;
	/** For each client, the clock that must be here (exclusive) before the update means the same to everyone. */
	readonly needs: ReadonlyMap<number, number>;
}

/** Decodes and judges an update that is said to be of `client`. Throws TextRefusal. */
export function checkTextUpdate(update: Uint8Array, client: number): UpdateShape {
	if (update.length > TEXT_LIMITS.updateBytes) {
		throw new TextRefusal('TEXT_TOO_LARGE', 'A text update is larger than 4 MiB.');
	}
	const { structs, ds } = decode(update);
	if (structs.length > TEXT_LIMITS.structs) {
		throw new TextRefusal('TEXT_TOO_LARGE', `A text update has more than ${TEXT_LIMITS.structs} structs.`);
	}
	const from = structs[0]?.id.clock ?? 0;
	let to = from;
	const needs = new Map<number, number>();
	const need = (of: number, clock: number): void => {
		if (clock > (needs.get(of) ?? 0)) needs.set(of, clock);
	};
	for (const struct of structs) {
		if (struct.id.client !== client) {
			throw new TextRefusal('TEXT_FORGED', 'A text update has structs of another client than its signer.');
		}
		if (struct.id.clock !== to) throw new TextRefusal('TEXT_MALFORMED', 'A text update has holes.');
		to = clockAfter(struct);
		if (struct instanceof Y.Item) {
			checkItem(struct);
			for (const origin of [struct.origin, struct.rightOrigin]) {
				if (!origin) continue;
				// What stands in the same update before it is no need, but pointing ahead would never be met.
				if (origin.client !== client || origin.clock < from) need(origin.client, origin.clock + 1);
				else if (origin.clock >= struct.id.clock) {
					throw new TextRefusal('TEXT_MALFORMED', 'A text update leans on what comes after it.');
				}
			}
		}
	}
	if (to - from > TEXT_LIMITS.clocks || to > TEXT_LIMITS.clock) {
		throw new TextRefusal('TEXT_TOO_LARGE', 'A text update is too long.');
	}
	let deletes = 0;
	for (const [of, ranges] of ds.clients) {
		deletes += ranges.length;
		for (const { clock, len } of ranges) {
			const end = clock + len;
			if (len < 1 || !(end <= TEXT_LIMITS.clock)) {
				throw new TextRefusal('TEXT_MALFORMED', 'A text update deletes an impossible range.');
			}
			if (of !== client || to === from) need(of, end);
			else if (end > to) throw new TextRefusal('TEXT_MALFORMED', 'A text update deletes what comes after it.');
			else if (clock < from) need(of, Math.min(end, from));
		}
	}
	if (deletes > TEXT_LIMITS.deletes) {
		throw new TextRefusal('TEXT_TOO_LARGE', `A text update has more than ${TEXT_LIMITS.deletes} deletions.`);
	}
	return { from, to, structs: structs.length, needs };
}

type Struct = Y.Item | Y.GC | Y.Skip;

function decode(update: Uint8Array): { structs: Struct[]; ds: ReturnType<typeof Y.decodeUpdate>['ds'] } {
	try {
		return Y.decodeUpdate(update) as { structs: Struct[]; ds: ReturnType<typeof Y.decodeUpdate>['ds'] };
	} catch {
		// Its message may quote the bytes.
		throw new TextRefusal('TEXT_MALFORMED', 'A text update cannot be decoded.');
	}
}

function clockAfter(struct: Struct): number {
	if (!(struct instanceof Y.Item) && !(struct instanceof Y.GC)) {
		throw new TextRefusal('TEXT_MALFORMED', 'A text update has holes.');
	}
	const after = struct.id.clock + struct.length;
	if (struct.length < 1 || !(after <= TEXT_LIMITS.clock)) {
		throw new TextRefusal('TEXT_MALFORMED', 'A text update has an impossible length.');
	}
	return after;
}

function checkItem(item: Y.Item): void {
	if (item.content instanceof Y.ContentString) {
		if (!isNormalText(item.content.str)) {
			throw new TextRefusal('TEXT_MALFORMED', 'A text update has CR, NUL or half a character.');
		}
	} else if (!(item.content instanceof Y.ContentDeleted)) {
		throw new TextRefusal('TEXT_FORGED', 'A text update holds something else than text.');
	}
	if (item.parentSub !== null) throw new TextRefusal('TEXT_FORGED', 'A text update writes into a map.');
	// The parent is named where there is no neighbour to take it from; decoded, it is the name itself.
	const parent: unknown = item.parent;
	if (item.origin === null && item.rightOrigin === null ? parent !== ROOT : parent !== null) {
		throw new TextRefusal('TEXT_FORGED', 'A text update writes into another type than the text.');
	}
}
