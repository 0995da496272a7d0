import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostOf, isInsecure, matches, openable, shownHost, type MatchRule } from './address.ts';

test.each([
	['https://www.example.com/login?next=1', 'www.example.com', 'example.com'],
	['example.com', 'example.com', 'example.com'],
	['EXAMPLE.com/Path', 'example.com', 'example.com'],
	['localhost:8080/x', 'localhost:8080', 'localhost:8080'],
	['http://192.168.0.1:8443', '192.168.0.1:8443', '192.168.0.1:8443'],
	['https://bücher.example', 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
	['https://example.com.', 'example.com', 'example.com'],
	['androidapp://com.example.app', undefined, 'androidapp://com.example.app'],
	['my router', undefined, 'my router'],
	['', undefined, '']
])('[PW-4] the host of %j is %j', (address, host, shown) => {
	expect(hostOf(address)).toBe(host);
	expect(shownHost(address)).toBe(shown);
});

test('T64 only http and https are ever opened, and none that hides a name before its host', () => {
	expect(openable('example.com/x')).toBe('https://example.com/x');
	for (const address of [
		'javascript:alert(1)',
		'JaVaScRiPt:alert(1)',
		' javascript:alert(1)',
		'java\nscript:alert(1)',
		'data:text/html,<script>alert(1)</script>',
		'vbscript:x',
		'file:///etc/passwd',
		'blob:https://example.com/1',
		'cmd://calc',
		'https://bank.example@evil.example/',
		'https://example.com/"onload=x'
	])
		expect(openable(address), address).toBeUndefined();
	fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^https?:\/\//.test(openable(text) ?? 'https://')));
});

test.each<[address: string, rule: MatchRule | null, page: string, holds: boolean]>([
	['https://example.com', null, 'https://login.example.com/x', true],
	['https://www.example.com', 'domain', 'https://example.com', true],
	['https://example.com', 'domain', 'https://badexample.com', false],
	['https://example.com', 'domain', 'https://example.com.evil.net', false],
	['https://login.example.com', 'domain', 'https://shop.example.com', false],
	['http://10.0.0.1', 'domain', 'http://1.10.0.0.1.example', false],
	['localhost', 'domain', 'https://evil.localhost', false],
	['https://example.com:8443', 'host', 'https://example.com:8443/a', true],
	['https://example.com:8443', 'host', 'https://example.com/a', false],
	['https://example.com/a/', 'starts', 'https://example.com/a/b', true],
	['https://example.com/a/', 'starts', 'https://example.com/b', false],
	['https://example.com/a', 'exact', 'https://example.com/a', true],
	['https://example.com/a', 'exact', 'https://example.com/a?b', false],
	['^https://.*$', 'pattern', 'https://example.com', false],
	['https://example.com', 'never', 'https://example.com', false]
])('[PW-4] %s with rule %s holds for %s: %s', (address, rule, page, holds) => {
	expect(matches(address, rule, page)).toBe(holds);
});

test('[PW-4] an address is insecure when it says http and leads to another machine', () => {
	expect(isInsecure('http://example.com')).toBe(true);
	for (const fine of ['https://example.com', 'example.com', 'http://localhost:3000', 'http://127.0.0.1', 'ftp://x.y'])
		expect(isInsecure(fine), fine).toBe(false);
});
