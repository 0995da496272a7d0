import { expect, test } from 'vitest';
import { scopeOfToken, scopeToken } from './scope-token.ts';

const scopes = [
	{ scope: 'user:c3c8', id: '0123456789abcdef'.repeat(4), personal: true },
	{ scope: 'folder:Secret plans', id: 'fedcba9876543210'.repeat(4), personal: false }
];

test('[V-1] a scope stands in an address without the name that a person gave it', () => {
	expect(scopes.map(({ scope }) => scopeToken(scopes, scope))).toEqual(['me', 'fedcba9876543210']);
	for (const { scope } of scopes) expect(scopeOfToken(scopes, scopeToken(scopes, scope))).toBe(scope);
});

test('a token that somebody bent leads to no scope', () => {
	for (const token of ['', 'fedc', 'fedcba98765432100', 'ffffffffffffffff', 'folder:Secret plans', '?'])
		expect(scopeOfToken(scopes, token)).toBe('?');
	expect(scopeToken(scopes, 'folder:gone')).toBe('?');
});
