import { expect, test } from 'vitest';
import { contentOf, simpleLines } from './lines.ts';
import { decodeRevision, encodeRevision, threadOfKey, type Content, type Revision } from './revision.ts';
import { combine, commonBase, isConflict, threadOf } from './thread.ts';

const base = contentOf({ date: 20260301, currency: 'EUR', lines: simpleLines('bank', -1000, 'EUR', 'food') });

function revision(id: string, content: Content, thread?: string, over: string[] = []): Revision {
	return decodeRevision(id, encodeRevision(content, thread, over)) as Revision;
}

const r1 = revision('r1', base);
const r2 = revision('r2', { ...base, note: 'mine' }, 'r1', ['r1']);
const r3 = revision('r3', { ...base, note: 'yours' }, 'r1', ['r1']);

test('[FN-14] two edits of one version are a conflict with both versions, until a third names both', () => {
	const thread = threadOf([r3, r1, r2])!;
	expect(isConflict(thread)).toBe(true);
	expect(thread.versions.map(({ id }) => id)).toEqual(['r3', 'r2']);
	const r4 = revision('r4', r2.content, 'r1', [...thread.seen]);
	const settled = threadOf([r4, r3, r2, r1])!;
	expect(isConflict(settled)).toBe(false);
	expect(settled.shown.content.note).toBe('mine');
});

test('[FN-13] a version whose predecessor has not arrived yet is no conflict with an older one', () => {
	const r5 = revision('r5', { ...base, note: 'third' }, 'r1', ['r1', 'r2']);
	const thread = threadOf([r1, r5])!;
	expect(isConflict(thread)).toBe(false);
	expect(thread.shown.id).toBe('r5');
});

test('[FN-14] the same edit made twice is no conflict', () => {
	const twin = revision('r9', r2.content, 'r1', ['r1']);
	expect(isConflict(threadOf([r1, r2, twin])!)).toBe(false);
});

test('[FN-15] an edit wins over a deletion made at the same time, and both are shown', () => {
	const deleted = revision('r8', { ...base, deleted: true }, 'r1', ['r1']);
	const thread = threadOf([r1, deleted, r2])!;
	expect(thread.shown.id).toBe('r2');
	expect(thread.versions.map(({ content }) => content.deleted)).toEqual([false, true]);
});

test('[FN-17] what two imports make of one row is one transaction, and neither contradicts an edit', () => {
	const id = threadOfKey('bank', '20260301.abc');
	const alice = revision('a1', { ...base, note: 'SHOP 12' }, id);
	const bob = revision('b1', { ...base, note: 'Shop 12, Berlin', payee: 's:shop' }, id);
	expect(isConflict(threadOf([alice, bob])!)).toBe(false);
	const edit = revision('a2', { ...base, lines: simpleLines('bank', -1000, 'EUR', 'fun') }, id, ['a1']);
	const thread = threadOf([bob, edit, alice])!;
	expect(thread.shown.id).toBe('a2');
	expect(isConflict(thread)).toBe(false);
	const other = revision('b2', { ...base, lines: simpleLines('bank', -1001, 'EUR', 'food') }, id);
	expect(isConflict(threadOf([alice, other])!)).toBe(true);
});

test('[FN-14] revisions that a member forged to name each other in a circle do not make the transaction vanish', () => {
	const x = revision('x', { ...base, note: 'x' }, 'r1', ['r1', 'y']);
	const y = revision('y', { ...base, note: 'y' }, 'r1', ['r1', 'x']);
	const thread = threadOf([r1, x, y])!;
	expect(thread.versions).toHaveLength(3);
});

test('[FN-18] edits of different things combine into one; of the same thing they do not', () => {
	const dated = { ...base, date: 20260302 };
	const noted = { ...base, note: 'lunch' };
	expect(combine(base, dated, noted)).toEqual({ ...base, date: 20260302, note: 'lunch' });
	expect(combine(base, noted, { ...base, note: 'dinner' })).toBeUndefined();
	expect(combine(base, noted, { ...base, deleted: true })).toBeUndefined();
	const lines = simpleLines('bank', -2000, 'EUR', 'food');
	expect(combine(base, { ...base, lines }, noted)).toEqual({ ...base, lines, note: 'lunch' });
	expect(commonBase([r1, r2, r3], r2, r3)?.id).toBe('r1');
});
