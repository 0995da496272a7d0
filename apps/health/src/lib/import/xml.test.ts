import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteLength, decodeEntities, XmlError, XmlScanner, type Tag } from './xml.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

interface Heard {
	events: string[];
	at: number[];
	whole: boolean;
}

/** Scans in pieces of `step` bytes. */
function scan(text: string, step = 1e9, doctype: 'skip' | 'refuse' = 'skip'): Heard {
	const heard: Heard = { events: [], at: [], whole: false };
	const scanner = new XmlScanner(
		{
			open(tag: Tag, at) {
				heard.events.push(`<${tag.name} ${JSON.stringify(tag.attributes())}${tag.isEmpty ? '/' : ''}>`);
				heard.at.push(at());
			},
			close: (name) => void heard.events.push(`</${name}>`),
			text(part) {
				const last = heard.events.at(-1);
				if (last?.startsWith('"')) heard.events[heard.events.length - 1] = last + part;
				else heard.events.push(`"${part}`);
			}
		},
		{ doctype }
	);
	const all = bytes(text);
	for (let at = 0; at < all.length; at += step) scanner.push(all.subarray(at, at + step));
	heard.whole = scanner.end();
	return heard;
}

const DOCUMENT = `\ufeff<?xml version="1.0"?><!-- a > b --><a x='1 > 0' y = "&lt;&#65;&#x1F600;&amp;amp;">
 <b/>Zoë &amp; co<![CDATA[<c>]]><d  z="don't">text</d >
</a>`;

test('[HL-30] however a file is cut into pieces, the same is read, and tags know their byte', () => {
	const wanted = scan(DOCUMENT);
	expect(wanted.events).toEqual([
		'<a {"x":"1 > 0","y":"<A😀&amp;"}>',
		'"\n ',
		'<b {}/>',
		'"Zoë & co<c>',
		'<d {"z":"don\'t"}>',
		'"text',
		'</d>',
		'"\n',
		'</a>'
	]);
	expect(wanted.whole).toBe(true);
	const all = bytes(DOCUMENT);
	for (const at of wanted.at) expect(all[at]).toBe('<'.charCodeAt(0));
	for (let step = 1; step < 40; step++) expect(scan(DOCUMENT, step), `pieces of ${step}`).toEqual(wanted);
});

test('T66 a document type is passed over, however malformed, and defines nothing', () => {
	const malformed = `<!DOCTYPE a [
		<!ELEMENT a (b, "c>
		<!-- ]> <evil/> -->
		<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">
		<!ENTITY file SYSTEM "file:///etc/passwd">
	] ><a v="&lol2;&file;">&lol2;</a>`;
	for (const step of [1, 7, 1e9])
		expect(scan(malformed, step).events).toEqual(['<a {"v":"&lol2;&file;"}>', '"&lol2;', '</a>']);
	expect(() => scan(malformed, 1e9, 'refuse')).toThrow(XmlError);
	expect(() => scan('<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', 1e9, 'refuse')).toThrow(/document type/);
});

test('T66 a billion laughs are a few bytes; a hundred thousand levels are a number', () => {
	const laughs = `<!DOCTYPE l [${Array.from({ length: 10 }, (_, at) => `<!ENTITY l${at} "${`&l${at - 1};`.repeat(10)}">`).join('')}]>`;
	expect(scan(`${laughs}<a>&l9;</a>`).events).toEqual(['<a {}>', '"&l9;', '</a>']);
	const deep = scan('<x>'.repeat(100_000), 5000);
	expect(deep.events).toHaveLength(100_000);
	expect(deep.whole).toBe(false);
});

test('[HL-30] a tag that never ends, and an end without a beginning, are errors with their byte', () => {
	const endless = `<a><b c="${'x'.repeat(2_000_000)}`;
	const failure = (text: string): XmlError => {
		try {
			scan(text, 100_000);
		} catch (error) {
			if (error instanceof XmlError) return error;
			throw error;
		}
		throw new Error('it was read');
	};
	expect(failure(endless).at).toBe(3);
	expect(failure('<a></a></b>').at).toBe(7);
	expect(failure('<a>ä</a><b c d="e"/>').at).toBe(9);
	expect(failure('<a b=c></a>').message).toMatch(/attribute/);
	expect(failure('<>').message).toMatch(/no name/);
});

test('references that name no character, or no entity, stay as they are', () => {
	expect(decodeEntities('&#0;&#xD800;&#x110000;&nbsp;&;&amp &quot;')).toBe('&#0;&#xD800;&#x110000;&nbsp;&;&amp "');
});

test('seed 2016679953: a character that comes in three pieces is counted whole', () => {
	const place = (step: number) => {
		try {
			scan('<a>é</a>😀</a>', step);
		} catch (error) {
			if (error instanceof XmlError) return error.at;
			throw error;
		}
		return -1;
	};
	for (let step = 1; step < 12; step++) expect(place(step), `pieces of ${step}`).toBe(13);
	expect(scan('<😀>', 2)).toEqual(scan('<😀>'));
});

test('any noise ends in events or an XmlError, and bytes are counted as UTF-8 counts them', () => {
	const noise = fc.array(
		fc.constantFrom('<', '>', '/', '"', "'", '=', ' ', 'a', '!', '--', '[', ']', '?', '&lt;', 'é', '😀'),
		{
			maxLength: 60
		}
	);
	fc.assert(
		fc.property(noise, fc.integer({ min: 1, max: 9 }), (parts, step) => {
			const text = parts.join('');
			const run = (size: number) => {
				try {
					return scan(text, size);
				} catch (error) {
					if (error instanceof XmlError) return 'error';
					throw error;
				}
			};
			expect(run(step)).toEqual(run(1e9));
			expect(byteLength(text, 0, text.length)).toBe(bytes(text).length);
		}),
		{ numRuns: 2000 }
	);
});
