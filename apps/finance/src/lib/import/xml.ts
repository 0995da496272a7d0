/**
 * XML from a stranger (T66): saxes, with everything refused that a statement never has. A document type ends the
 * reading before any entity of it could be used; only the five entities of XML and characters by number are known;
 * depth and text are bounded. Elements are given without their namespace prefix.
 *
 * A file that breaks in the middle keeps what was closed before the break: `readXml` says where it broke and leaves it
 * to the caller what is whole.
 */

import { SaxesParser } from 'saxes';
import { ImportError } from './failure.ts';
import type { Format } from './statement.ts';

export interface Element {
	readonly name: string;
	readonly line: number;
	readonly attributes: ReadonlyMap<string, string>;
	/** Text directly within it, trimmed. */
	readonly text: string;
	readonly children: readonly Element[];
}

export interface XmlReading {
	/** Path of element names from the root, and the element itself with all in it. True: it is done with, forget it. */
	closed(path: readonly string[], element: Element): boolean;
	/** The file broke while these were open, outermost first, each with what was closed in it. */
	broken(open: readonly Element[], line: number): void;
	progress?(share: number): void;
}

/** CAMT is 14 deep at the most. */
const MOST_DEEP = 64;
const LONGEST_TEXT = 100_000;
const CHUNK = 64 * 1024;
/** Elements that are kept at once: a gathered payment of a thousand parts has fifty thousand. */
const MOST_KEPT = 1_000_000;

interface Growing extends Element {
	text: string;
	/** Elements in it, itself included. */
	size: number;
	readonly children: Element[];
}

/** @throws ImportError DOCTYPE, TOO_DEEP, and what the callbacks throw */
export function readXml(format: Format, text: string, reading: XmlReading): void {
	const parser = new SaxesParser({ xmlns: false, position: true });
	const stack: Growing[] = [];
	const path: string[] = [];
	let kept = 0;
	let broken = false;

	parser.on('doctype', () => {
		throw new ImportError(format, { where: { line: parser.line }, reason: 'DOCTYPE' });
	});
	parser.on('opentag', ({ name, attributes }) => {
		if (stack.length >= MOST_DEEP) {
			throw new ImportError(format, { where: { line: parser.line }, reason: 'TOO_DEEP' });
		}
		if (++kept > MOST_KEPT) throw new ImportError(format, { where: { line: parser.line }, reason: 'TOO_MANY' });
		const element: Growing = {
			name: local(name),
			line: parser.line,
			attributes: new Map(Object.entries(attributes)),
			text: '',
			size: 1,
			children: []
		};
		stack.push(element);
		path.push(element.name);
	});
	const add = (more: string): void => {
		const top = stack.at(-1);
		if (top && top.text.length + more.length <= LONGEST_TEXT) top.text += more;
	};
	parser.on('text', add);
	parser.on('cdata', add);
	parser.on('closetag', () => {
		const element = stack.pop()!;
		element.text = element.text.trim();
		const parent = stack.at(-1);
		if (reading.closed(path, element)) kept -= element.size;
		else if (parent) {
			parent.children.push(element);
			parent.size += element.size;
		}
		path.pop();
	});
	// saxes would go on after an error, and guess.
	parser.on('error', () => {
		broken = true;
		throw new Broken();
	});

	try {
		for (let at = 0; at < text.length; at += CHUNK) {
			parser.write(text.slice(at, at + CHUNK));
			reading.progress?.(Math.min(1, (at + CHUNK) / text.length));
		}
		parser.close();
	} catch (error) {
		if (!broken) throw error;
		reading.broken(stack, parser.line);
	}
}

class Broken extends Error {}

function local(name: string): string {
	return name.slice(name.indexOf(':') + 1);
}

/** The first element at this path below `element`. */
export function at(element: Element | undefined, ...names: string[]): Element | undefined {
	let found = element;
	for (const name of names) found = found?.children.find((child) => child.name === name);
	return found;
}

/** All children of that name. */
export function all(element: Element | undefined, name: string): Element[] {
	return element?.children.filter((child) => child.name === name) ?? [];
}

/** Text of the first element at this path; '' if there is none. */
export function textAt(element: Element | undefined, ...names: string[]): string {
	return at(element, ...names)?.text ?? '';
}
