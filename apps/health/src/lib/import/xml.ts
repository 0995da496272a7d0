/**
 * Scans XML in pieces, by hand: tags, their attributes, and the text between them. For exports of a gigabyte, and for
 * what no strict parser takes (Apple's document type is malformed).
 *
 * It builds no tree and keeps no names: memory is one tag, whatever the depth. It is no validator; what it promises:
 *  - A document type is skipped, or refused; it is never read, so no entity can be defined and nothing is fetched. The
 *    five entities of XML and character references are resolved, anything else stays as it is written.
 *  - A tag of more than MOST_TAG characters ends the scan with an error.
 *  - `open` counts elements that were begun and not ended: it is 0 at the end of a file that is whole.
 */

const MOST_TAG = 1_000_000;

export class XmlError extends Error {
	/** Byte at which the tag begins that could not be read. */
	readonly at: number;

	constructor(message: string, at: number) {
		super(message);
		this.name = 'XmlError';
		this.at = at;
	}
}

/** The tag that is being looked at. Valid only during the call it is given to. */
export class Tag {
	name = '';
	/** `<a/>`: there will be no end. */
	isEmpty = false;
	text = '';
	/** Begin and end of name and value of each attribute in `text`, four numbers each. */
	readonly #places: number[] = [];
	#count = 0;

	/** Value of an attribute, its entities resolved; undefined where there is none of that name. */
	get(name: string): string | undefined {
		const at = this.find(name);
		return at < 0 ? undefined : decodeEntities(this.text.slice(this.start(at), this.end(at)));
	}

	/** Place of an attribute for `start` and `end`, or -1. */
	find(name: string): number {
		const { text } = this;
		for (let at = 0; at < this.#count; at += 4)
			if (this.#places[at + 1]! - this.#places[at]! === name.length && text.startsWith(name, this.#places[at]!))
				return at;
		return -1;
	}

	start(at: number): number {
		return this.#places[at + 2]!;
	}

	end(at: number): number {
		return this.#places[at + 3]!;
	}

	attributes(): Record<string, string> {
		const all: Record<string, string> = Object.create(null) as Record<string, string>;
		for (let at = 0; at < this.#count; at += 4)
			all[this.text.slice(this.#places[at], this.#places[at + 1])] = decodeEntities(
				this.text.slice(this.start(at), this.end(at))
			);
		return all;
	}

	clear(text: string): void {
		this.text = text;
		this.#count = 0;
	}

	add(nameStart: number, nameEnd: number, start: number, end: number): void {
		this.#places[this.#count++] = nameStart;
		this.#places[this.#count++] = nameEnd;
		this.#places[this.#count++] = start;
		this.#places[this.#count++] = end;
	}
}

export interface XmlListener {
	/** @param at byte of the file at which the tag begins, computed when called */
	open(tag: Tag, at: () => number): void;
	close(name: string): void;
	/** Text between tags; may come in several parts. Without this, text is passed over. */
	text?(text: string): void;
}

export interface XmlOptions {
	/** What becomes of a document type. */
	readonly doctype: 'skip' | 'refuse';
	/** Byte of the file at which the first piece begins, when a scan goes on where another one stopped. */
	readonly from?: number;
	/** Elements that are open there. */
	readonly open?: number;
}

export class XmlScanner {
	readonly #listener: XmlListener;
	readonly #doctype: XmlOptions['doctype'];
	/** The mark at the beginning of a file stays a character, so that bytes can be counted. */
	readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	readonly #tag = new Tag();
	/** What is not scanned yet. */
	#text = '';
	/** Byte at which `#text` begins. */
	#at: number;
	/** Byte up to which the file was pushed. */
	#pushed: number;
	/** The last bytes of it: a character may be cut into four pieces. */
	#tail: Uint8Array = new Uint8Array();
	#open: number;

	constructor(listener: XmlListener, { doctype, from = 0, open = 0 }: XmlOptions) {
		this.#listener = listener;
		this.#doctype = doctype;
		this.#at = from;
		this.#pushed = from;
		this.#open = open;
	}

	/** Elements that are open. */
	get open(): number {
		return this.#open;
	}

	/** Byte up to which the file was scanned: the end of the last whole tag. */
	get position(): number {
		return this.#at;
	}

	/** @throws XmlError */
	push(bytes: Uint8Array): void {
		this.#text += this.#decoder.decode(bytes, { stream: true });
		const done = this.#scan(this.#text);
		if (this.#text.length - done > MOST_TAG) throw new XmlError('A tag, comment or document type never ends', this.#at);
		this.#text = this.#text.slice(done);
		// Counted from the end: what is left is short, and what is done with is not looked at again.
		this.#pushed += bytes.length;
		this.#tail = bytes.length >= 4 ? bytes.slice(-4) : Uint8Array.of(...this.#tail, ...bytes).slice(-4);
		this.#at = this.#pushed - unfinished(this.#tail) - byteLength(this.#text, 0, this.#text.length);
	}

	/** After the last piece. @returns whether the document is whole */
	end(): boolean {
		return this.#open === 0 && this.#text.trim() === '';
	}

	/** @returns how much of `text` is done with */
	#scan(text: string): number {
		let done = 0;
		for (;;) {
			const start = text.indexOf('<', done);
			if (start < 0) {
				// A reference may be cut in two: text waits for the tag that ends it.
				return this.#listener.text && this.#open > 0 ? done : text.length;
			}
			const end = this.#markup(text, start, done);
			if (end < 0) return done;
			done = end;
		}
	}

	/** Reads the markup at `start`. @returns the place behind it, or -1 when it is not all there yet */
	#markup(text: string, start: number, textFrom: number): number {
		const next = text.charCodeAt(start + 1);
		if (Number.isNaN(next)) return -1;
		let end: number;
		if (next === EXCLAMATION) {
			const cdata = text.startsWith('<![CDATA[', start);
			end = this.#declaration(text, start);
			if (end < 0) return -1;
			this.#tell(text, textFrom, start);
			if (cdata) this.#listener.text?.(text.slice(start + 9, end - 3));
			return end;
		}
		if (next === QUESTION) {
			end = text.indexOf('?>', start + 2);
			if (end < 0) return -1;
			this.#tell(text, textFrom, start);
			return end + 2;
		}
		if (next === SLASH) {
			end = text.indexOf('>', start + 2);
			if (end < 0) return -1;
			this.#tell(text, textFrom, start);
			if (this.#open === 0)
				throw new XmlError('An element ends that never began', this.#at + byteLength(text, 0, start));
			this.#open--;
			this.#listener.close(text.slice(start + 2, end).trimEnd());
			return end + 1;
		}
		end = this.#readTag(text, start);
		if (end < 0) return -1;
		this.#tell(text, textFrom, start);
		if (!this.#tag.isEmpty) this.#open++;
		this.#listener.open(this.#tag, () => this.#at + byteLength(text, 0, start));
		return end;
	}

	#tell(text: string, from: number, until: number): void {
		if (until > from && this.#open > 0) this.#listener.text?.(decodeEntities(text.slice(from, until)));
	}

	/** Comment, CDATA, document type, or a stray declaration of one. */
	#declaration(text: string, start: number): number {
		const behind = (mark: string, from: number): number => {
			const at = text.indexOf(mark, from);
			return at < 0 ? -1 : at + mark.length;
		};
		if (text.startsWith('<!--', start)) return behind('-->', start + 4);
		if (text.startsWith('<![CDATA[', start)) return behind(']]>', start + 9);
		// Not enough of it to tell.
		if (text.length - start < 9) return -1;
		if (!text.startsWith('<!DOCTYPE', start)) {
			if (this.#doctype === 'refuse') throw this.#refusal(text, start);
			return behind('>', start);
		}
		if (this.#doctype === 'refuse') throw this.#refusal(text, start);
		const bracket = text.indexOf('[', start);
		const plain = text.indexOf('>', start);
		if (plain < 0 && bracket < 0) return -1;
		if (bracket < 0 || (plain >= 0 && plain < bracket)) return plain + 1;
		return this.#subset(text, bracket + 1);
	}

	/** Behind `]>` of a document type. Quotes mean nothing, since it may be malformed; comments do. */
	#subset(text: string, from: number): number {
		for (let at = from; ;) {
			const end = text.indexOf(']', at);
			const comment = text.indexOf('<!--', at);
			if (comment >= 0 && (end < 0 || comment < end)) {
				const behind = text.indexOf('-->', comment + 4);
				if (behind < 0) return -1;
				at = behind + 3;
				continue;
			}
			if (end < 0) return -1;
			let close = end + 1;
			while (isSpace(text.charCodeAt(close))) close++;
			if (close >= text.length) return -1;
			if (text.charCodeAt(close) === GREATER) return close + 1;
			at = end + 1;
		}
	}

	#refusal(text: string, start: number): XmlError {
		return new XmlError('It has a document type, which such a file never needs', this.#at + byteLength(text, 0, start));
	}

	#readTag(text: string, start: number): number {
		const tag = this.#tag;
		const { length } = text;
		let at = start + 1;
		while (at < length && !isNameEnd(text.charCodeAt(at))) at++;
		if (at >= length) return -1;
		if (at === start + 1) throw new XmlError('A tag has no name', this.#at + byteLength(text, 0, start));
		tag.clear(text);
		tag.name = text.slice(start + 1, at);
		for (;;) {
			while (isSpace(text.charCodeAt(at))) at++;
			if (at >= length) return -1;
			const code = text.charCodeAt(at);
			if (code === GREATER) {
				tag.isEmpty = false;
				return at + 1;
			}
			if (code === SLASH) {
				if (at + 1 >= length) return -1;
				if (text.charCodeAt(at + 1) !== GREATER) throw this.#badAttribute(text, start);
				tag.isEmpty = true;
				return at + 2;
			}
			const equals = text.indexOf('=', at);
			if (equals < 0) {
				if (length - at > MOST_NAME) throw this.#badAttribute(text, start);
				return -1;
			}
			let nameEnd = equals;
			while (nameEnd > at && isSpace(text.charCodeAt(nameEnd - 1))) nameEnd--;
			let quoteAt = equals + 1;
			while (isSpace(text.charCodeAt(quoteAt))) quoteAt++;
			if (quoteAt >= length) return -1;
			const quote = text[quoteAt]!;
			const space = text.indexOf(' ', at);
			if (
				(quote !== '"' && quote !== "'") ||
				nameEnd === at ||
				nameEnd - at > MOST_NAME ||
				(space >= 0 && space < nameEnd)
			)
				throw this.#badAttribute(text, start);
			const end = text.indexOf(quote, quoteAt + 1);
			if (end < 0) return -1;
			tag.add(at, nameEnd, quoteAt + 1, end);
			at = end + 1;
		}
	}

	#badAttribute(text: string, start: number): XmlError {
		return new XmlError('A tag has an attribute that cannot be read', this.#at + byteLength(text, 0, start));
	}
}

const [EXCLAMATION, SLASH, GREATER, QUESTION] = [33, 47, 62, 63];
const MOST_NAME = 256;

function isSpace(code: number): boolean {
	return code === 32 || code === 10 || code === 13 || code === 9;
}

function isNameEnd(code: number): boolean {
	return isSpace(code) || code === SLASH || code === GREATER;
}

/** Bytes in UTF-8 of a part of a text. */
export function byteLength(text: string, from: number, until: number): number {
	let bytes = 0;
	for (let at = from; at < until; at++) {
		const code = text.charCodeAt(at);
		// The halves of a pair are two bytes each, four together.
		bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xe000 ? 2 : 3;
	}
	return bytes;
}

/** Bytes at the end that begin a character and do not end it: the decoder holds them back. */
function unfinished(bytes: Uint8Array): number {
	for (let back = 1; back <= Math.min(3, bytes.length); back++) {
		const byte = bytes[bytes.length - back]!;
		if ((byte & 0xc0) === 0x80) continue;
		const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		return length > back ? back : 0;
	}
	return 0;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function decodeEntities(text: string): string {
	if (!text.includes('&')) return text;
	return text.replaceAll(
		/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g,
		(whole, decimal, hex, name) => {
			if (typeof name === 'string') return ENTITIES[name]!;
			const code = typeof decimal === 'string' ? Number(decimal) : parseInt(String(hex), 16);
			const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
			return isCharacter ? String.fromCodePoint(code) : whole;
		}
	);
}
