/**
 * QIF: lines of one letter and a value, `^` ends a record. The file names no currency, its dates are written in the
 * order of the country of whoever wrote it, and so are its amounts: order and mark are inferred from all records, and
 * asked for where they are open. `1/ 2'05` is Quicken's way to write 2005.
 *
 * Read are the transactions of accounts; lists of categories, classes, securities and memorised transactions are
 * counted and left out, and so are investment accounts.
 */

import { exponentOf } from '#lib/domain/money.ts';
import { inferDecimal, readAmount, takeApart, type DecimalMark } from './amount.ts';
import { inferDateOrder, readDate, type DateOrder } from './date.ts';
import { ImportError, type Reason } from './failure.ts';
import { Findings, MOST_ENTRIES, type Found, type ReadOptions } from './findings.ts';
import { dateQuestion, decimalQuestion, currencyQuestion, type Question } from './question.ts';
import { folded, type AccountHints, type Balance, type Entry, type EntryPart, type Statement } from './statement.ts';

export interface QifAnswers {
	readonly order?: DateOrder;
	readonly decimal?: DecimalMark;
}

interface Written {
	readonly line: number;
	readonly fields: Map<string, string>;
	readonly parts: { category: string; memo: string; amount: string }[];
}

interface Section {
	readonly account: AccountHints;
	readonly records: Written[];
}

const KINDS = new Map<string, AccountHints['kind']>([
	['bank', 'current'],
	['cash', 'cash'],
	['ccard', 'card'],
	['oth a', undefined],
	['oth l', 'loan']
]);
/** A revision has room for 200 lines and 64 KiB (domain/revision.ts), whatever letters they are of. */
const MOST_PARTS = 100;
const MOST_PART_MEMO = 100;

/** @throws ImportError */
export function readQif(text: string, answers: QifAnswers, options: ReadOptions): Found & { questions: Question[] } {
	const findings = new Findings('qif');
	const sections = sectionsOf(text, findings, options);
	const records = sections.flatMap((section) => section.records);
	const { currency } = options;
	const exponent = currency === undefined ? undefined : exponentOf(currency);
	if (currency === undefined || exponent === undefined) {
		return { ...nothing(), questions: [currencyQuestion()] };
	}

	const amounts = records.flatMap(({ fields, parts }) => [fields.get('T') ?? '', ...parts.map((part) => part.amount)]);
	const decimals = inferDecimal(
		amounts.filter((amount) => amount !== ''),
		exponent
	);
	const orders = inferDateOrder(records.map(({ fields }) => fields.get('D') ?? '').filter((date) => date !== ''));
	const questions: Question[] = [];
	if (answers.decimal === undefined && decimals.open.length > 0) questions.push(decimalQuestion(decimals, currency));
	if (answers.order === undefined && orders && orders.open.length > 0) questions.push(dateQuestion(orders));
	if (questions.length > 0) return { ...nothing(), questions };

	const how = {
		currency,
		exponent,
		order: answers.order ?? orders?.value ?? 'ymd',
		decimal: answers.decimal ?? decimals.value
	};
	const statements = sections.map((section) => statementOf(section, how, findings));
	return { ...findings.found(statements), questions };
}

function nothing(): Found {
	return { statements: [], faults: [], faultCount: 0, notices: [] };
}

function sectionsOf(text: string, findings: Findings, { progress }: ReadOptions): Section[] {
	const sections: Section[] = [];
	let account: AccountHints = {};
	/** What the records under the present header are. */
	let kind: 'transactions' | 'account' | 'list' | 'investments' = 'transactions';
	let section: Section | undefined;
	let record: Written | undefined;
	let line = 0;
	let count = 0;
	for (let at = 0; at < text.length;) {
		const next = text.indexOf('\n', at);
		const end = next < 0 ? text.length : next;
		const row = text.slice(at, end).trim();
		at = end + 1;
		line++;
		if (row === '') continue;
		const letter = row[0]!.toUpperCase();
		const value = row.slice(1).trim();
		if (letter === '!') {
			if (record) findings.breaks('BROKEN', { line });
			record = undefined;
			const header = value.toLowerCase();
			if (header.startsWith('option:') || header.startsWith('clear:')) continue;
			if (header === 'account') kind = 'account';
			else if (header.startsWith('type:')) {
				const type = header.slice(5).trim();
				kind = KINDS.has(type) ? 'transactions' : type === 'invst' ? 'investments' : 'list';
				if (kind === 'transactions') {
					const known = KINDS.get(type);
					section = { account: { ...(known === undefined ? {} : { kind: known }), ...account }, records: [] };
					sections.push(section);
				}
			} else kind = 'list';
			continue;
		}
		if (letter === '^') {
			if (!record) continue;
			if (kind === 'account') account = record.fields.has('N') ? { name: folded(record.fields.get('N')) } : {};
			else if (kind === 'list') findings.count('lists');
			else if (kind === 'investments') findings.count('investments');
			else {
				if (!section) sections.push((section = { account, records: [] }));
				section.records.push(record);
				if (++count > MOST_ENTRIES) throw new ImportError('qif', { where: { line }, reason: 'TOO_MANY' });
				if (count % 1000 === 0) progress?.(at / text.length);
			}
			record = undefined;
			continue;
		}
		record ??= { line, fields: new Map(), parts: [] };
		if (letter === 'S' && record.parts.length <= MOST_PARTS)
			record.parts.push({ category: value, memo: '', amount: '' });
		else if (letter === 'E' && record.parts.length > 0) record.parts.at(-1)!.memo = value;
		else if (letter === '$' && record.parts.length > 0) record.parts.at(-1)!.amount = value;
		else if (!record.fields.has(letter)) record.fields.set(letter, value);
	}
	if (record && kind === 'transactions') findings.breaks('BROKEN', { line });
	return sections;
}

interface How {
	readonly currency: string;
	readonly exponent: number;
	readonly order: DateOrder;
	readonly decimal: DecimalMark;
}

function statementOf({ account, records }: Section, how: How, findings: Findings): Statement {
	const entries: Entry[] = [];
	let opening: Balance | undefined;
	let name = account.name;
	for (const record of records) {
		const entry = entryOf(record, how, findings);
		if (!entry) continue;
		// Quicken begins an account with its balance, as a transfer to itself.
		if (entry.payee.toLowerCase() === 'opening balance' && entries.length === 0 && !opening) {
			opening = { minor: entry.minor, currency: how.currency, date: entry.date };
			name ??= /^\[(.+)\]$/.exec(record.fields.get('L') ?? '')?.[1];
		} else entries.push(entry);
	}
	return {
		account: { ...account, ...(name === undefined ? {} : { name }) },
		currency: how.currency,
		...(opening ? { opening } : {}),
		entries
	};
}

function entryOf({ line, fields, parts: written }: Written, how: How, findings: Findings): Entry | undefined {
	const fault = (reason: Reason, element: string, found: string): undefined =>
		findings.fault(reason, { line, element }, found) as undefined;
	const day = fields.get('D') ?? '';
	const date = readDate(day.replace(/'\s+/, "'"), how.order);
	if (date === undefined) return fault(day === '' ? 'DATE_MISSING' : 'DATE_WRONG', 'D', day);
	const minorOf = (text: string): number | undefined => {
		const apart = takeApart(text);
		const amount = apart && readAmount(apart, how.decimal, how.exponent);
		if (amount && 'minor' in amount) return amount.minor;
		return fault(text === '' ? 'AMOUNT_MISSING' : (amount?.reason ?? 'AMOUNT_WRONG'), 'T', text);
	};
	const minor = minorOf(fields.get('T') ?? fields.get('U') ?? '');
	if (minor === undefined) return undefined;
	const parts: EntryPart[] = [];
	for (const { category, memo, amount } of written) {
		const part = minorOf(amount);
		if (part === undefined) return undefined;
		parts.push({ minor: part, category: folded(category), memo: folded(memo, MOST_PART_MEMO) });
	}
	if (parts.length > MOST_PARTS) return fault('PARTS_MANY', 'S', fields.get('P') ?? '');
	if (parts.length > 0 && parts.reduce((sum, part) => sum + BigInt(part.minor), 0n) !== BigInt(minor)) {
		return fault('PARTS_WRONG', '$', fields.get('T') ?? '');
	}
	const payee = folded(fields.get('P'));
	const memo = folded(fields.get('M'));
	const category = folded(fields.get('L'));
	const reference = folded(fields.get('N'));
	const transfer = /^\[.+\]$/.test(category);
	return {
		date,
		minor,
		currency: how.currency,
		payee,
		memo,
		text: folded(`${payee} ${memo}`),
		...(reference === '' ? {} : { reference }),
		kind: transfer ? 'transfer' : /^\d+$/.test(reference) ? 'cheque' : 'other',
		pending: false,
		...(category === '' ? {} : { category }),
		...(parts.length === 0 ? {} : { parts }),
		line
	};
}
