/**
 * CSV for spreadsheets and for reading back: a row for each line of a transaction on an account of the person.
 *
 * UTF-8 with a mark, because Excel takes it for another encoding without one; commas, CRLF, quotes by RFC 4180. Dates
 * are 2026-01-31, amounts have a point, no groups and all decimals of their currency. Words are guarded against being
 * run as formulas (T65); what is read back loses the guard. The header is the one by which the
 * importer knows the file for ours and asks nothing.
 */

import { csvRow, guarded } from '@slf/suite/domain';
import { OWN_HEADER } from '#lib/import/csv/own.ts';
import { isoOf } from '#lib/domain/dates.ts';
import { toDecimal } from '#lib/domain/money.ts';
import type { AccountId, Line } from '#lib/domain/revision.ts';
import { accountIn, inOrder, type ExportedLedger, type ExportedTransaction } from './ledger.ts';

/** @param account only this one; by default all accounts of the person */
export function writeCsv(ledger: ExportedLedger, account?: AccountId): string {
	const rows = inOrder(ledger).flatMap((transaction) => {
		const own = transaction.content.lines.filter((line) =>
			account === undefined ? isOwn(ledger, line) : line.account === account
		);
		// An account that has two lines of one transaction moved once, by their sum.
		return [...Map.groupBy(own, (line) => `${line.currency} ${line.account}`).values()].map((lines) =>
			rowOf(ledger, transaction, lines)
		);
	});
	return '\ufeff' + [OWN_HEADER, ...rows].map(csvRow).join('');
}

function isOwn(ledger: ExportedLedger, { account }: Line): boolean {
	const { kind } = accountIn(ledger, account);
	return kind === 'asset' || kind === 'liability';
}

function rowOf(
	ledger: ExportedLedger,
	{ id, content, cleared }: ExportedTransaction,
	lines: readonly Line[]
): string[] {
	const [{ account, currency }] = lines as [Line];
	const others = content.lines.filter((line) => line.account !== account);
	const name = (of: AccountId): string => accountIn(ledger, of).path.at(-1) ?? of;
	const [only] = others;
	const category =
		only && others.length === 1
			? name(only.account)
			: others.map((line) => `${name(line.account)} ${toDecimal(-line.minor, line.currency)}`).join('; ');
	const minor = lines.reduce((sum, line) => sum + line.minor, 0);
	return [
		isoOf(content.date),
		words(name(account)),
		words(content.payee === null ? '' : (ledger.payees.get(content.payee) ?? '')),
		words(content.note),
		words(category),
		words(content.tags.map((tag) => ledger.tags.get(tag) ?? tag).join(', ')),
		toDecimal(minor, currency),
		currency,
		cleared.has(account) ? 'yes' : 'no',
		words(id)
	];
}

/** Without white space at the ends: behind it a formula would hide from the guard and not from the spreadsheet. */
function words(text: string): string {
	return guarded(text.trim());
}
