import { expect, test } from 'vitest';
import { decode } from './decode.ts';

const bytes = (text: string, encoding: 'utf8' | 'latin1' | 'utf16le' = 'utf8'): Uint8Array =>
	new Uint8Array(Buffer.from(text, encoding));

test('[FN-110] UTF-8 with and without its mark, UTF-16, and windows-1252 under any name', () => {
	expect(decode(bytes('Müller €5'))).toEqual({ text: 'Müller €5', encoding: 'utf-8' });
	expect(decode(bytes('\ufeffMüller'))).toEqual({ text: 'Müller', encoding: 'utf-8' });
	expect(decode(bytes('\ufeffMüller', 'utf16le')).text).toBe('Müller');
	expect(decode(bytes('Date;Müller', 'utf16le')).text).toBe('Date;Müller');
	expect(decode(new Uint8Array([0x4d, 0xfc, 0x6c, 0x20, 0x80]))).toEqual({ text: 'Mül €', encoding: 'windows-1252' });
	expect(
		decode(bytes('<?xml version="1.0" encoding="ISO-8859-2"?>Łódź'.replace('Łódź', '\xa3\xf3d\xbc'), 'latin1')).text
	).toMatch(/Łódź$/);
	// What is declared is wrong often: bytes that are UTF-8 are UTF-8.
	expect(decode(bytes('CHARSET:1252\nMüller')).text).toBe('CHARSET:1252\nMüller');
});

test('[FN-110] a file that ends within a character is no other encoding', () => {
	expect(decode(bytes('Müller €').subarray(0, -1)).text).toMatch(/^Müller /);
});

test('[FN-110] an empty file says so', () => {
	for (const text of ['', ' \n\t\n']) expect(() => decode(bytes(text))).toThrow(/empty/);
});
