/**
 * JSON from elsewhere (T68). The size and the depth are bounded before anything is parsed, so that nothing recurses;
 * no key reaches a prototype, since objects are read through `member`, which sees own properties only.
 */

import { ImportError, type ImportFormat } from './import-error.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const MOST_DEPTH = 64;

/** @throws ImportError `damaged` with line and column, `too-deep` */
export function parseJson(text: string, format: ImportFormat): Json {
	checkDepth(text, format);
	let value: Json;
	try {
		value = JSON.parse(text, withoutPrototype) as Json;
	} catch (error) {
		throw new ImportError(format, 'damaged', { where: placeIn(text, error) });
	}
	return value;
}

/** Objects lose `__proto__`, the one key that means something else when a value is copied. */
function withoutPrototype(this: unknown, key: string, value: unknown): unknown {
	return key === '__proto__' ? undefined : value;
}

export function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function member(object: Json | undefined, key: string): Json | undefined {
	return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Text, or what can be written as one; empty for everything else. */
export function textOf(object: Json | undefined, key: string): string {
	const value = member(object, key);
	if (typeof value === 'string') return value;
	return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function objectsOf(object: Json | undefined, key: string): JsonObject[] {
	const value = member(object, key);
	return Array.isArray(value) ? value.filter(isObject) : [];
}

function checkDepth(text: string, format: ImportFormat): void {
	let depth = 0;
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code === 0x22) {
			at = endOfString(text, at);
		} else if (code === 0x7b || code === 0x5b) {
			if (++depth > MOST_DEPTH) throw new ImportError(format, 'too-deep', { where: `line ${lineOf(text, at)}` });
		} else if (code === 0x7d || code === 0x5d) {
			depth--;
		}
	}
}

/** The quotation mark that ends the string beginning at `at`, or the end of the text. */
function endOfString(text: string, at: number): number {
	let end = text.indexOf('"', at + 1);
	while (end > 0) {
		let slashes = 0;
		while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
		if (slashes % 2 === 0) return end;
		end = text.indexOf('"', end + 1);
	}
	return text.length;
}

function placeIn(text: string, error: unknown): string {
	// V8 says "at position 12 (line 1 column 13)", others only some of it, and for a text cut short nothing at all.
	const message = error instanceof Error ? error.message : '';
	const position = /position (\d+)/.exec(message)?.[1];
	if (position !== undefined) return `line ${lineOf(text, Number(position))}`;
	const line = /line (\d+)/.exec(message)?.[1];
	return `line ${line ?? lineOf(text, text.length)}`;
}

export function lineOf(text: string, position: number): number {
	let line = 1;
	for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line++;
	return line;
}
