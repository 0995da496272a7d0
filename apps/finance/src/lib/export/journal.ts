/**
 * A plain-text journal that hledger reads (and ledger, and most of their kin): every transaction with all its lines,
 * each balanced by itself, so that another program comes to the same balances.
 *
 *     decimal-mark .
 *     commodity 1000.00 EUR
 *     account Assets:Giro  ; type: A
 *
 *     2026-01-31 Bakery | rolls  ; thread: ...
 *         * Assets:Giro            -4.50 EUR
 *         Expenses:Food:Eating out  4.50 EUR  ; memo
 *
 * A line that weighs in another currency has its price in all (`10.00 USD @@ 9.20 EUR`). Names come from people: what
 * means something to hledger is replaced (two spaces end an account, a colon parts it, a semicolon begins a comment, a
 * word with a colon in a comment is a tag and may be a date), and two accounts that become the same get a number.
 */

import { isoOf } from '#lib/domain/dates.ts';
import { digitsOf, toDecimal } from '#lib/domain/money.ts';
import type { AccountId, Line } from '#lib/domain/revision.ts';
import { accountIn, inOrder, type ExportedKind, type ExportedLedger, type ExportedTransaction } from './ledger.ts';

const ROOTS: Readonly<Record<ExportedKind, readonly [root: string, type: string]>> = {
	asset: ['Assets', 'A'],
	liability: ['Liabilities', 'L'],
	income: ['Income', 'R'],
	expense: ['Expenses', 'X'],
	equity: ['Equity', 'E']
};
/** Takes what cannot be said as a price: an amount that weighs nothing, or the other way. */
const CONVERSION = 'Equity:Conversion';

export function writeJournal(ledger: ExportedLedger): string {
	const transactions = inOrder(ledger);
	const lines = transactions.flatMap(({ content }) => content.lines);
	const names = journalNames(ledger, lines);
	const currencies = [
		...new Set([...transactions.map(({ content }) => content.currency), ...lines.map((line) => line.currency)])
	];
	const head = [
		'decimal-mark .',
		...currencies.sort().map((code) => `commodity 1000.${'0'.repeat(digitsOf(code))} ${code}`),
		...[...names].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([id, name]) => accountDirective(ledger, id, name))
	];
	return (
		[head.join('\n'), ...transactions.map((transaction) => entryOf(ledger, transaction, names))].join('\n\n') + '\n'
	);
}

/** The full name of each account in the journal: by it an account is found in the reports of hledger. */
export function journalNames(ledger: ExportedLedger, lines: readonly Line[]): Map<AccountId, string> {
	const names = new Map<AccountId, string>();
	const taken = new Set([CONVERSION]);
	for (const id of [...new Set(lines.map((line) => line.account))].sort()) {
		const { kind, path } = accountIn(ledger, id);
		const name = [ROOTS[kind][0], ...path.map(partOf)].join(':');
		let free = name;
		for (let count = 2; taken.has(free); count++) free = `${name} ${count}`;
		taken.add(free);
		names.set(id, free);
	}
	return names;
}

function accountDirective(ledger: ExportedLedger, id: AccountId, name: string): string {
	return `account ${name}  ; type: ${ROOTS[accountIn(ledger, id).kind][1]}`;
}

function entryOf(
	ledger: ExportedLedger,
	{ id, content, cleared }: ExportedTransaction,
	names: ReadonlyMap<AccountId, string>
): string {
	const payee =
		content.payee === null ? '' : descriptionOf(ledger.payees.get(content.payee) ?? '').replaceAll('|', '/');
	const note = descriptionOf(content.note);
	const words = note === '' ? payee : payee === '' ? `| ${note}` : `${payee} | ${note}`;
	// Without words, or with a sign that would be a status or a code, empty brackets keep it a description.
	const description = /^[*!(=]/.test(words) ? `() ${words}` : words;
	const tags = content.tags.map((tag) => `${tagOf(ledger.tags.get(tag) ?? tag)}:`);
	const comment = ['thread: ' + commentOf(id), ...tags].join(', ');
	const postings = content.lines.flatMap((line) => {
		const account = `${cleared.has(line.account) ? '* ' : ''}${names.get(line.account)!}`;
		const shares = line.shares.map(({ person, minor }) => {
			const name = ledger.people.get(person) ?? person;
			return `for ${name} ${toDecimal(minor, line.currency)}`;
		});
		const words = commentOf([line.memo, ...shares].filter((part) => part !== '').join('; '));
		return amountsOf(line, content.currency).map(
			([amount, other], index) =>
				`    ${other ?? account}  ${amount}${index === 0 && words !== '' ? `  ; ${words}` : ''}`
		);
	});
	return [`${isoOf(content.date)} ${description}  ; ${comment}`, ...postings].join('\n');
}

/** The amount of a line, or three that say the same: what it is, and by way of CONVERSION what it weighs. */
function amountsOf({ minor, currency, weight }: Line, own: string): [amount: string, account?: string][] {
	const amount = `${toDecimal(minor, currency)} ${currency}`;
	if (currency === own) return [[amount]];
	if (minor !== 0 && Math.sign(weight) === Math.sign(minor)) {
		return [[`${amount} @@ ${toDecimal(Math.abs(weight), own)} ${own}`]];
	}
	return [
		[amount],
		[`${toDecimal(-minor + 0, currency)} ${currency}`, CONVERSION],
		[`${toDecimal(weight, own)} ${own}`, CONVERSION]
	];
}

/** In one line, with single spaces. */
function plain(text: string): string {
	return text
		.replace(/[\s\p{Cc}\p{Cf}\p{Z}]+/gu, ' ')
		.trim()
		.toWellFormed();
}

function partOf(name: string): string {
	const part = plain(name).replaceAll(':', '/').replaceAll(';', ',');
	return part === '' ? 'Unnamed' : part;
}

function descriptionOf(text: string): string {
	return plain(text).replaceAll(';', ',');
}

/** No tag and no date: those are a word with a colon behind it, and brackets. */
function commentOf(text: string): string {
	return plain(text).replace(/\s*:/g, ' :').replaceAll('[', '(').replaceAll(']', ')');
}

function tagOf(name: string): string {
	const tag = plain(name).replace(/[\s:,;[\]]+/g, '-');
	// A tag of this name would give the transaction another date.
	return /^date2?$/i.test(tag) ? `tag-${tag}` : tag;
}
