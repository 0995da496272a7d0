/**
 * A transaction is the set of its revisions. Which of them is shown follows from the set alone, so every device that has
 * the same revisions shows the same, in whatever order they came, and one that has only some of them shows a whole,
 * balanced version too.
 *
 *     r1 ── r2 ── r4      r2 and r3 were written without knowing of each other: both are leaves until somebody's r5
 *       └── r3 ──────┘    names both. Until then everybody sees the conflict, and the same one of the two.
 *
 * - A revision names all revisions that its author had, not its parents alone: one that is missing on this device never
 *   makes an old version look like a second leaf.
 * - Leaves of equal content are no conflict. Of several, live ones go before deleted ones, then the one that knew more,
 *   then the greater id.
 * - What an import wrote gives way to every edit, and two imports of one row differ only if their date or lines do.
 */

import { encodeRevision, isImportRoot, type Content, type Revision } from './revision.ts';

export interface Thread {
	id: string;
	shown: Revision;
	/** The leaves, `shown` first; more than one only where they differ. */
	versions: readonly Revision[];
	/** Ids of all revisions here, and of those that they replace: what an edit of this state replaces. */
	seen: readonly string[];
}

/** The state of one transaction, from its valid revisions in any order. Undefined for none. */
export function threadOf(revisions: readonly Revision[]): Thread | undefined {
	const replaced = new Set(revisions.flatMap(({ id, over }) => over.filter((other) => other !== id)));
	const edited = revisions.filter((revision) => !isImportRoot(revision));
	const candidates = edited.length > 0 ? edited : revisions;
	const free = candidates.filter(({ id }) => !replaced.has(id));
	// Only forged revisions name each other in a circle; then all of them count.
	const leaves = (free.length > 0 ? free : candidates).toSorted(byPrecedence);
	const [shown] = leaves;
	if (!shown) return undefined;
	const versions = leaves.filter((leaf, at) => leaves.findIndex((other) => sameMeaning(leaf, other)) === at);
	// What those here knew of and is not here counts as seen too. It goes first: what is here is never cut off.
	const here = revisions.toSorted(byAge).map(({ id }) => id);
	const elsewhere = [...new Set(revisions.flatMap(({ over }) => over))].filter((id) => !here.includes(id));
	return { id: shown.thread, shown, versions, seen: [...elsewhere, ...here] };
}

export const isConflict = ({ versions }: Thread): boolean => versions.length > 1;

/** The last revision that both knew of: what each of them changed, it changed from there. */
export function commonBase(revisions: readonly Revision[], a: Revision, b: Revision): Revision | undefined {
	const known = revisions.filter(({ id }) => a.over.includes(id) && b.over.includes(id));
	return known.toSorted((x, y) => byAge(y, x))[0];
}

/**
 * Both changes in one, where they touch different things: date, payee, note, tags, the lines as a whole, whether
 * deleted. Undefined where both changed the same thing differently, or one deleted what the other edited.
 */
export function combine(base: Content, a: Content, b: Content): Content | undefined {
	const changed = (of: Content) => PARTS.filter((part) => !same(part, of, base));
	const [inA, inB] = [changed(a), changed(b)];
	if (inA.some((part) => inB.includes(part) && !same(part, a, b))) return undefined;
	if (a.deleted !== b.deleted) return undefined;
	const merged: Content = { ...a };
	for (const part of inB) for (const key of keysOf(part)) Object.assign(merged, { [key]: b[key] });
	return merged;
}

type Part = 'when' | 'money' | 'payee' | 'note' | 'tags' | 'link' | 'keys' | 'deleted';
const PARTS: readonly Part[] = ['when', 'money', 'payee', 'note', 'tags', 'link', 'keys', 'deleted'];

/** Lines and the currency they are weighed in go together: apart they need not sum to zero. */
function keysOf(part: Part): (keyof Content)[] {
	if (part === 'when') return ['date', 'order'];
	if (part === 'money') return ['currency', 'lines'];
	return [part];
}

function same(part: Part, a: Content, b: Content): boolean {
	return keysOf(part).every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}

/** Equal, as far as two people would disagree about it. */
function sameMeaning(a: Revision, b: Revision): boolean {
	return meaning(a) === meaning(b);
}

function meaning(revision: Revision): string {
	const { content } = revision;
	if (!isImportRoot(revision)) return encodeRevision(content);
	return encodeRevision({ ...content, order: 0, payee: null, note: '', tags: [], link: null, keys: [] });
}

function byPrecedence(a: Revision, b: Revision): number {
	return (
		Number(a.content.deleted) - Number(b.content.deleted) ||
		b.over.length - a.over.length ||
		(a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
	);
}

function byAge(a: Revision, b: Revision): number {
	return a.over.length - b.over.length || (a.id < b.id ? -1 : 1);
}
