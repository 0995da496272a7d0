/**
 * The words of `:86:`: who was on the other side, and what for. Three ways to write them are told apart:
 *
 *   /EREF/…/NAME/JOHN DOE/REMI/…        codes between slashes (Netherlands)
 *   166?00GUTSCHRIFT?20RENT?32JOHN DOE   a code of three digits, then fields of two (Germany; some write > for ?)
 *   anything else                        free text, in which some name the other side after NAAM:
 *
 * It is for showing only: what names the row in a later file is the raw text (`Entry.text`).
 */

import { folded, joined } from './statement.ts';

export interface Details {
	readonly payee: string;
	readonly memo: string;
}

const SLASHED =
	/\/(EREF|MARF|CSID|KREF|NAME|REMI|BENM|ORDP|CNTP|IBAN|BIC|ISDT|TRTP|TRCD|PURP|ULTC|ULTD|RTRN|USTD|STRD|ADDR|ID|SVCL|OAMT|COAM|ABWA|ABWE|BREF|PREF|RREF|BO|PY)\//g;
/** Their values are numbers and codes of machines, or the other side. */
const NOT_WORDS = new Set([
	'EREF',
	'MARF',
	'CSID',
	'KREF',
	'NAME',
	'BENM',
	'ORDP',
	'CNTP',
	'IBAN',
	'BIC',
	'ISDT',
	'TRTP',
	'TRCD',
	'ADDR',
	'ID',
	'SVCL',
	'BREF',
	'PREF',
	'RREF'
]);
const FIELDED = /^\d{3}([?>])\d{2}/;
/** SEPA in these fields: codes with a plus, of which SVWZ is what the payment is for. */
const PURPOSE = /SVWZ\+(.*?)(?:(?:EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|ABWA|ABWE|IBAN|BIC|PURP|ANAM)\+|$)/;
const NAMED = /\bNAAM:\s*(\S.*)$/;

/**
 * @param lines of `:86:`
 * @param supplementary of `:61:`, where some banks write the other side
 */
export function detailsOf(lines: readonly string[], supplementary: string): Details {
	// Fields are cut wherever a line is full, also within a word.
	const run = lines.join('');
	const fielded = FIELDED.exec(run);
	if (fielded) return fromFields(run.slice(3), fielded[1]!);
	const slashed = fromSlashes(run);
	if (slashed) return { payee: slashed.payee === '' ? nameIn(supplementary) : slashed.payee, memo: slashed.memo };
	const memo = folded(lines.join(' '));
	const named = NAMED.exec(memo)?.[1];
	return { payee: named === undefined ? nameIn(supplementary) : folded(named), memo };
}

function fromFields(run: string, separator: string): Details {
	const fields = new Map<number, string>();
	for (const piece of run.split(separator)) {
		const number = /^\d{2}/.exec(piece)?.[0];
		if (number !== undefined && !fields.has(Number(number))) fields.set(Number(number), piece.slice(2));
	}
	const purpose = [...fields].filter(([number]) => (number >= 20 && number <= 29) || (number >= 60 && number <= 63));
	const words = purpose.map(([, text]) => text).join('');
	const memo = folded(PURPOSE.exec(words)?.[1] ?? words);
	return {
		payee: folded(`${fields.get(32) ?? ''}${fields.get(33) ?? ''}`),
		memo: memo === '' ? folded(fields.get(0)) : memo
	};
}

function fromSlashes(run: string): Details | undefined {
	const codes = [...run.matchAll(SLASHED)];
	if (codes.length === 0 || codes[0]!.index > 0) return undefined;
	let payee = '';
	const words: string[] = [];
	codes.forEach((match, index) => {
		const value = folded(run.slice(match.index + match[0].length, codes[index + 1]?.index ?? run.length));
		const code = match[1]!;
		if (code === 'NAME') payee ||= value;
		// IBAN, BIC and name, between slashes.
		else if (code === 'CNTP') payee ||= folded(value.split('/')[2]);
		else if (!NOT_WORDS.has(code) && value !== '')
			words.push(value.replace(/^(?:USTD|STRD)\/*/, '').replace(/\/+$/, ''));
	});
	return { payee, memo: joined(...words) };
}

/** Supplementary details that are a name, not the number of an account. */
function nameIn(text: string): string {
	return /\p{L}{2}/u.test(text) && !/^[A-Z]{2}\d{2}/.test(text) && !/\d{6}/.test(text) ? text : '';
}
