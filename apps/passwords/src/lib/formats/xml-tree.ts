/**
 * The little of a DOM that kdbxweb needs to read and write KeePass's XML, where the browser gives none: in workers.
 *
 * Read by saxes, which is strict: no DOCTYPE, and so no entities but the five of XML (T66), at most 64 elements deep,
 * so that nothing which walks the tree runs out of stack. Text is kept on its element, without nodes of its own: of
 * 10,000 entries that is a fifth of the time and of the memory of a whole DOM.
 *
 * What XML 1.0 cannot say (most control characters, halves of surrogate pairs) is left out in writing, and a carriage
 * return is written as a reference, because parsers turn bare ones into line feeds.
 */

import { SaxesParser } from 'saxes';

const MOST_DEPTH = 64;

export class XmlProblem extends Error {
	readonly reason: 'doctype' | 'too-deep' | 'damaged';
	readonly line: number;

	constructor(reason: XmlProblem['reason'], line: number) {
		super(`${reason} in line ${line}`);
		this.reason = reason;
		this.line = line;
	}
}

export class XmlElement {
	readonly tagName: string;
	readonly childNodes: XmlElement[] = [];
	readonly ownerDocument: XmlDocument;
	/** Set by kdbxweb. */
	protectedValue: unknown;
	lineNumber: number | undefined;
	#text = '';
	#attributes: Record<string, string> | undefined;

	constructor(tagName: string, document: XmlDocument, attributes?: Record<string, string>) {
		this.tagName = tagName;
		this.ownerDocument = document;
		this.#attributes = attributes;
	}

	get textContent(): string {
		return this.childNodes.length === 0 ? this.#text : this.#text + this.childNodes.map((c) => c.textContent).join('');
	}

	set textContent(text: string) {
		this.childNodes.length = 0;
		this.#text = text;
	}

	addText(text: string): void {
		this.#text += text;
	}

	appendChild(child: XmlElement): XmlElement {
		// White space before elements is layout, not a value.
		if (this.childNodes.length === 0) this.#text = '';
		this.childNodes.push(child);
		return child;
	}

	getAttribute(name: string): string | null {
		return this.#attributes?.[name] ?? null;
	}

	setAttribute(name: string, value: string): void {
		(this.#attributes ??= Object.create(null) as Record<string, string>)[name] = value;
	}

	removeAttribute(name: string): void {
		if (this.#attributes) delete this.#attributes[name];
	}

	write(pieces: string[]): void {
		pieces.push('<', this.tagName);
		for (const [name, value] of Object.entries(this.#attributes ?? {})) {
			pieces.push(' ', name, '="', escaped(value), '"');
		}
		if (this.childNodes.length === 0 && this.#text === '') pieces.push('/>');
		else {
			pieces.push('>', this.childNodes.length === 0 ? escaped(this.#text) : '');
			for (const child of this.childNodes) child.write(pieces);
			pieces.push('</', this.tagName, '>');
		}
	}
}

export class XmlDocument {
	documentElement: XmlElement | null = null;

	createElement(tagName: string): XmlElement {
		return new XmlElement(tagName, this);
	}

	/** Browsers report errors this way; here they are thrown. */
	getElementsByTagName(): XmlElement[] {
		return [];
	}
}

/** @throws XmlProblem */
export function parseXml(text: string): XmlDocument {
	const document = new XmlDocument();
	const open: XmlElement[] = [];
	const parser = new SaxesParser({ position: true, xmlns: false });
	const stop = (reason: XmlProblem['reason']): never => {
		throw new XmlProblem(reason, parser.line);
	};
	parser.on('error', () => stop('damaged'));
	parser.on('doctype', () => stop('doctype'));
	parser.on('opentag', (tag) => {
		if (open.length === MOST_DEPTH) stop('too-deep');
		const element = new XmlElement(tag.name, document, tag.attributes);
		element.lineNumber = parser.line;
		const parent = open.at(-1);
		if (parent) parent.appendChild(element);
		else document.documentElement = element;
		open.push(element);
	});
	const addText = (piece: string) => {
		const element = open.at(-1);
		if (element && element.childNodes.length === 0) element.addText(piece);
	};
	parser.on('text', addText);
	parser.on('cdata', addText);
	parser.on('closetag', () => void open.pop());
	parser.write(text).close();
	return document;
}

export function writeXml(document: XmlDocument): string {
	const pieces = ['<?xml version="1.0" encoding="utf-8" standalone="yes"?>'];
	document.documentElement?.write(pieces);
	return pieces.join('');
}

const UNWRITABLE = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
const REFERENCES: Record<string, string> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	'\r': '&#xD;'
};

/** True for text that XML cannot carry whole. */
export function losesInXml(text: string): boolean {
	return !text.isWellFormed() || text.search(UNWRITABLE) >= 0;
}

function escaped(text: string): string {
	return text
		.toWellFormed()
		.replace(UNWRITABLE, '')
		.replace(/[&<>"\r]/g, (character) => REFERENCES[character]!);
}
