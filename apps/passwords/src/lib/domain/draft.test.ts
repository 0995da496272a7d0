import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addField, changesOf, draftOf, isEmpty, isUnchanged, newDraft, withChanges, type Draft } from './draft.ts';
import { shownFields } from './contents.ts';

/** A login as it is stored: the password sealed, the user name open. */
function stored(): Draft {
	const fields = shownFields('login', [
		{ id: 'i1.username', about: null, mark: 'a' },
		{ id: 'i1.password', about: null, mark: 'b' },
		{ id: 'i1.+c', about: '{"kind":"hidden","label":"PIN","section":"","pos":4}', mark: 'c' }
	]);
	return draftOf({
		type: 'login',
		title: 'Bank',
		folder_id: null,
		fields,
		values: new Map([['i1.username', 'alice']]),
		addresses: [{ part: 'a1', url: 'https://bank.example', match: null }],
		tags: ['money']
	});
}

test('nothing changed is nothing written, and the secrets stay sealed [PW-43]', () => {
	const draft = stored();
	expect(draft.fields.find(({ slot }) => slot === 'password')?.value).toBeUndefined();
	expect(isUnchanged(changesOf(draft, structuredClone(draft)))).toBe(true);
});

test('only the field that was changed is written, so that another device wins with another field [PW-43]', () => {
	const before = stored();
	const after = structuredClone(before);
	after.fields.find(({ slot }) => slot === 'password')!.value = 'new one';
	const changes = changesOf(before, after);
	expect(changes.fields).toEqual([{ slot: 'password', value: 'new one' }]);
	expect({ ...changes, fields: [] }).toEqual({ fields: [], addresses: [], tagsAdded: [], tagsRemoved: [] });
});

test('a changed user name changes the line in the list with it', () => {
	const before = stored();
	const after = structuredClone(before);
	after.fields[0]!.value = 'bob';
	expect(changesOf(before, after)).toMatchObject({ subtitle: 'bob', fields: [{ slot: 'username', value: 'bob' }] });
});

test('no secret ever comes into the line of a list [PW-3]', () => {
	const draft = newDraft('card', null);
	for (const field of draft.fields) field.value = `value of ${field.slot}`;
	const { subtitle } = changesOf(undefined, draft);
	expect(subtitle).toBe('value of brand · value of holder');
});

test('an emptied field, a removed address and a removed tag go', () => {
	const before = stored();
	const after = structuredClone(before);
	after.fields.find(({ slot }) => slot === '+c')!.value = '';
	after.addresses[0]!.url = ' ';
	after.tags = [];
	expect(changesOf(before, after)).toMatchObject({
		fields: [{ slot: '+c', value: null }],
		addresses: [{ part: 'a1', url: null }],
		tagsRemoved: ['money']
	});
});

test('a field that was taken away with its value sealed goes', () => {
	const before = stored();
	const after = structuredClone(before);
	after.fields = after.fields.filter(({ slot }) => slot !== '+c');
	expect(changesOf(before, after).fields).toEqual([{ slot: '+c', value: null }]);
});

test('a new label leaves the sealed value alone', () => {
	const before = stored();
	const after = structuredClone(before);
	after.fields.find(({ slot }) => slot === '+c')!.label = 'Door code';
	const [change] = changesOf(before, after).fields;
	expect(change).toMatchObject({ slot: '+c' });
	expect(change).not.toHaveProperty('value');
	expect(JSON.parse(change!.about!)).toMatchObject({ label: 'Door code', kind: 'hidden' });
});

test('a new item that nobody wrote into is empty', () => {
	const draft = newDraft('login', null);
	expect(isEmpty(draft)).toBe(true);
	addField(draft, 'x', 'hidden', 'PIN');
	expect(isEmpty(draft)).toBe(true);
	draft.fields.at(-2)!.value = '1234';
	expect(isEmpty(draft)).toBe(false);
});

test('what was kept at a lock, put on the item again, is what was typed [PW-40]', () => {
	const text = fc.constantFrom('', 'one', 'two', ' spaced ');
	const edit = fc.record({
		title: text,
		values: fc.array(fc.option(text, { nil: undefined }), { minLength: 5, maxLength: 5 }),
		url: text,
		tags: fc.uniqueArray(fc.constantFrom('money', 'home', 'work')),
		dropOwn: fc.boolean()
	});
	fc.assert(
		fc.property(edit, ({ title, values, url, tags, dropOwn }) => {
			const before = stored();
			const after = structuredClone(before);
			after.title = title;
			after.fields.forEach((field, at) => {
				const value = values[at];
				if (value !== undefined) field.value = value;
			});
			after.addresses[0]!.url = url;
			after.tags = tags;
			if (dropOwn) after.fields = after.fields.filter(({ slot }) => slot !== '+c');
			const changes = changesOf(before, after);
			const again = withChanges(stored(), JSON.parse(JSON.stringify(changes)) as typeof changes);
			const bySlot = (all: typeof changes) => ({
				...all,
				fields: all.fields.toSorted((a, b) => (a.slot < b.slot ? -1 : 1))
			});
			expect(bySlot(changesOf(before, again))).toEqual(bySlot(changes));
		})
	);
});
