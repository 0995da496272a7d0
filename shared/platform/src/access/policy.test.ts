import { expect, test } from 'vitest';
import { declarationText, parseColumnPolicy, parseDeclaration, parsePolicy, checkReading } from './policy.ts';
import type { Declaration } from './policy.ts';

const verbsOf = (text: string) =>
	[...parsePolicy(text)].map(([role, verbs]) => `${role}:${[...verbs].sort().join('')}`);

test('[A-1] W is short for insert, update and delete', () => {
	expect(verbsOf('OWNER:RW, EDITOR:RW,VIEWER:R')).toEqual(['OWNER:DIRU', 'EDITOR:DIRU', 'VIEWER:R']);
});

test('[A-1] a policy that is none says where it goes wrong', () => {
	const positionOf = (text: string) => {
		try {
			parsePolicy(text);
		} catch (error) {
			return (error as { position: number }).position;
		}
		return 'accepted';
	};
	expect(positionOf('OWNER:RW, NOBODY:R')).toBe(10);
	expect(positionOf('OWNER:RX')).toBe(7);
	expect(positionOf('OWNER:R, OWNER:W')).toBe(9);
	expect(positionOf('OWNER')).toBe(0);
	expect(positionOf('')).toBe(0);
});

test('[A-1] a policy for a column speaks of updates only', () => {
	expect([...parseColumnPolicy('COMMENTER:U').keys()]).toEqual(['COMMENTER']);
	expect(() => parseColumnPolicy('COMMENTER:RU')).toThrow(/only say U/);
});

test('[A-2] a role that reads one table of a scope but not another is refused by name', () => {
	const tables = [
		{ name: 'notes', policy: parsePolicy('OWNER:RW, VIEWER:R') },
		{ name: 'secrets', policy: parsePolicy('OWNER:RW') }
	];
	expect(() => checkReading(tables)).toThrow(expect.objectContaining({ table: 'secrets', role: 'VIEWER' }));
	expect(() => checkReading([tables[0]!])).not.toThrow();
});

const declaration: Declaration = new Map([
	[
		'blocks',
		{
			name: 'blocks',
			columns: [
				{ name: 'title', class: 'LWW', affinity: 'TEXT' },
				{ name: 'content', class: 'REALTIME', affinity: 'TEXT' }
			],
			policy: parsePolicy('OWNER:RW, EDITOR:RIU'),
			columnPolicies: new Map([['title', parseColumnPolicy('OWNER:U')]])
		}
	]
]);

test('[A-3] a declaration has one text, and only that text is read', () => {
	const text = declarationText(declaration);
	expect(declarationText(parseDeclaration(text)!)).toBe(text);
	expect(parseDeclaration(text.replace('RIU"', 'IRU"'))).toBeUndefined();
	expect(parseDeclaration(` ${text}`)).toBeUndefined();
	expect(parseDeclaration('{}')).toBeUndefined();
	expect(parseDeclaration('[')).toBeUndefined();
});

test('T43 [A-3] nobody can declare a table of the engine or of the log', () => {
	for (const name of ['slf_records', 'SLF_records', 'sqlite_schema', 'crsql_changes', 'notes__crsql_clock', '__x']) {
		expect(parseDeclaration(JSON.stringify([[name, [], [], []]])), name).toBeUndefined();
	}
	expect(parseDeclaration(JSON.stringify([['notes', [], [], []]]))).toBeDefined();
	expect(parseDeclaration(JSON.stringify([['notes', [['scope_id', 'LWW', 'TEXT']], [], []]]))).toBeUndefined();
});
