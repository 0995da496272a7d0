import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEmptySearch, parseSearch } from './search.ts';

test('words are beginnings and all must occur', () => {
	const search = parseSearch('green tea');
	expect(search.match).toBe('"green" * AND "tea" *');
	expect(search.terms).toEqual(['green', 'tea']);
});

test('a phrase is exact, a minus excludes, a field narrows', () => {
	const search = parseSearch('title:tea "hot water" -sugar');
	expect(search.match).toBe('title : "tea" * AND "hot water"');
	expect(search.without).toBe('"sugar" *');
});

test('folders and marks are filters, not words', () => {
	const search = parseSearch('in:Garden is:pinned');
	expect(search).toMatchObject({ match: undefined, folders: ['garden'], pinned: true });
	expect(isEmptySearch(search)).toBe(false);
});

test('what is not understood is a word', () => {
	expect(parseSearch('is:blue').terms).toEqual(['is:blue']);
	expect(parseSearch('"open phrase').match).toBe('"open phrase"');
	expect(parseSearch('-').match).toBeUndefined();
	expect(isEmptySearch(parseSearch('  ** ... '))).toBe(true);
});

test('[V-8] no input is a syntax error to the index', () => {
	const database = new DatabaseSync(':memory:');
	database.exec(`CREATE VIRTUAL TABLE t USING fts5 (title, body, content='', contentless_delete=1,
		tokenize='unicode61 remove_diacritics 2', prefix='2 3')`);
	const ask = database.prepare('SELECT rowid FROM t WHERE t MATCH ?');
	const piece = fc.constantFrom(
		'"',
		'-',
		'title:',
		'in:',
		'is:',
		'*',
		'(',
		')',
		'NEAR',
		'AND',
		'OR',
		'{',
		'}',
		':',
		'^',
		'+',
		' ',
		'é',
		'日本',
		'tea',
		"'",
		'\0'
	);
	fc.assert(
		fc.property(
			fc.oneof(
				fc.array(piece).map((parts) => parts.join('')),
				fc.string({ unit: 'binary' })
			),
			(query) => {
				const { match, without } = parseSearch(query);
				if (match !== undefined) ask.all(match);
				if (without !== undefined) ask.all(without);
			}
		),
		{ numRuns: 500 }
	);
	database.close();
});

test('a pasted page becomes a bounded question', () => {
	expect(parseSearch('word '.repeat(10_000)).terms.length).toBe(32);
});
