/**
 * The elements of an OFX file, of version 1 (SGML, where leaves are not closed) and 2 (XML) alike. Banks write both
 * badly, so neither grammar is insisted on: what is known to hold others is an aggregate, everything else is a leaf of
 * the aggregate it stands in, and an aggregate that is not closed ends where its neighbour or its parent does.
 *
 * No entity is ever looked up beyond the five of XML and characters by number, and a document type is refused (T66).
 * Work is linear in the file, and no more than `MOST_DEEP` aggregates are open at once.
 */

import { ImportError, excerpt } from './failure.ts';
import { LineCounter } from './lines.ts';

export interface Aggregate {
	readonly name: string;
	readonly line: number;
	/** Offset at which it was closed. */
	readonly end: number;
	/** First value of each leaf. */
	readonly leaves: ReadonlyMap<string, string>;
	/** Aggregates in it that were closed before it. */
	readonly parts: readonly Aggregate[];
	/** It was closed, by its own end or by that of a neighbour; false where the file ended within it. */
	readonly whole: boolean;
}

const AGGREGATES = new Set(
	(
		'OFX SIGNONMSGSRSV1 SONRS STATUS FI BANKMSGSRSV1 STMTTRNRS STMTRS BANKACCTFROM BANKACCTTO BANKTRANLIST STMTTRN ' +
		'BANKTRANLISTP STMTTRNP PAYEE EXTDPAYEE CURRENCY ORIGCURRENCY CCACCTFROM CCACCTTO LEDGERBAL AVAILBAL BALLIST BAL ' +
		'CREDITCARDMSGSRSV1 CCSTMTTRNRS CCSTMTRS INVSTMTMSGSRSV1 INVSTMTTRNRS INVSTMTRS INVACCTFROM INVTRANLIST ' +
		'INVBANKTRAN INVBAL INVPOSLIST INVOOLIST INV401K INV401KBAL SECLISTMSGSRSV1 SECLIST BUYDEBT BUYMF BUYOPT BUYOTHER ' +
		'BUYSTOCK CLOSUREOPT INCOME INVEXPENSE JRNLFUND JRNLSEC MARGININTEREST REINVEST RETOFCAP SELLDEBT SELLMF SELLOPT ' +
		'SELLOTHER SELLSTOCK SPLIT TRANSFER INVTRAN INVBUY INVSELL SECID'
	).split(' ')
);
/** Real files have ten. */
const MOST_DEEP = 40;
const TOKEN = /<(!\[CDATA\[|!--|[!?/]?[A-Za-z][\w.:-]*)/g;

/** A bare "<" in a value is not one of these. */
const TAG = /<[A-Za-z/!?]/g;

interface Open {
	readonly name: string;
	readonly line: number;
	readonly leaves: Map<string, string>;
	readonly parts: Aggregate[];
}

/**
 * Calls `closed` for each aggregate in the order in which they end, parts before wholes.
 *
 * @returns the line where the file ends within an aggregate, if it does
 * @throws ImportError DOCTYPE, TOO_DEEP
 */
export function readElements(
	text: string,
	closed: (aggregate: Aggregate, parents: readonly string[]) => void
): {
	cut: number | undefined;
} {
	const stack: Open[] = [];
	const lines = new LineCounter(text);
	const close = (whole: boolean, end: number): void => {
		const { name, line, leaves, parts } = stack.pop()!;
		const aggregate: Aggregate = { name, line, end, leaves, parts, whole };
		// Kept until the parent ends, except for what there are many of: the caller has it.
		if (name !== 'STMTTRN' && name !== 'INVBANKTRAN') stack.at(-1)?.parts.push(aggregate);
		closed(
			aggregate,
			stack.map((open) => open.name)
		);
	};

	TOKEN.lastIndex = 0;
	for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
		const mark = match[1]!;
		const start = TOKEN.lastIndex;
		if (mark === '!--' || mark === '![CDATA[' || mark.startsWith('?')) {
			const end = text.indexOf(mark === '!--' ? '-->' : mark.startsWith('?') ? '>' : ']]>', start);
			if (end < 0) break;
			TOKEN.lastIndex = end;
			continue;
		}
		if (mark.startsWith('!')) {
			throw new ImportError('ofx', { where: { line: lines.at(match.index) }, reason: 'DOCTYPE', found: excerpt(mark) });
		}
		const end = text.indexOf('>', start);
		if (end < 0) break;
		TOKEN.lastIndex = end + 1;
		const name = mark.replace(/^\//, '').replace(/^.*:/, '').toUpperCase();

		if (mark.startsWith('/')) {
			if (!AGGREGATES.has(name) || !stack.some((open) => open.name === name)) continue;
			while (stack.at(-1)!.name !== name) close(true, end);
			close(true, end);
			continue;
		}
		if (AGGREGATES.has(name)) {
			// No aggregate holds another of its name: the former was not closed.
			if (stack.some((open) => open.name === name)) {
				while (stack.at(-1)!.name !== name) close(true, end);
				close(true, end);
			}
			if (stack.length >= MOST_DEEP) {
				throw new ImportError('ofx', { where: { line: lines.at(match.index), element: name }, reason: 'TOO_DEEP' });
			}
			stack.push({ name, line: lines.at(match.index), leaves: new Map(), parts: [] });
			if (text[end - 1] === '/') close(true, end);
			continue;
		}
		const value = valueAfter(text, end + 1);
		TOKEN.lastIndex = value.end;
		const leaves = stack.at(-1)?.leaves;
		// A value that the file's end cut off may be a part of a value.
		if (leaves && !leaves.has(name) && value.end < text.length) leaves.set(name, value.text);
	}
	const cut = stack.length > 0 ? lines.at(text.length) : undefined;
	while (stack.length > 0) close(false, text.length);
	return { cut };
}

/** The text up to the next tag, with CDATA sections taken as they are. */
function valueAfter(text: string, from: number): { text: string; end: number } {
	let value = '';
	let at = from;
	while (true) {
		TAG.lastIndex = at;
		const end = TAG.exec(text)?.index ?? text.length;
		value += unescape(text.slice(at, end));
		if (!text.startsWith('<![CDATA[', end)) return { text: value.trim(), end };
		const close = text.indexOf(']]>', end);
		if (close < 0) return { text: value.trim(), end: text.length };
		value += text.slice(end + 9, close);
		at = close + 3;
	}
}

const NAMED = new Map([
	['amp', '&'],
	['lt', '<'],
	['gt', '>'],
	['quot', '"'],
	['apos', "'"],
	['nbsp', ' ']
]);

function unescape(text: string): string {
	if (!text.includes('&')) return text;
	return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
		if (name !== undefined) return NAMED.get(String(name).toLowerCase()) ?? whole;
		const code = decimal !== undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
		return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
	});
}
