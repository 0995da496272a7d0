/** Two people who share a ledger import the same statement while neither hears of the other (F4). */

import { expect, test } from 'vitest';
import { encodeRevision, threadOfKey } from '#lib/domain/revision.ts';
import { openMembers, type Member } from '#lib/data/testing/members-node.ts';
import { decide, type Choice } from './decide.ts';
import { planImport, type PlannedRow } from './plan.ts';
import { readFile } from './read.ts';

const ACCOUNT = 'a1';
const OFX = `OFXHEADER:100

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>
<STMTTRN><DTPOSTED>20260701<TRNAMT>-4.50<FITID>1<NAME>BAKERY</STMTTRN>
<STMTTRN><DTPOSTED>20260701<TRNAMT>-4.50<FITID>2<NAME>BAKERY</STMTTRN>
<STMTTRN><DTPOSTED>20260703<TRNAMT>2500.00<FITID>3<NAME>WAGES</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>`;
const CSV = `Date,Payee,Amount
2026-07-01,BAKERY,-4.50
2026-07-01,BAKERY,-4.50
2026-07-03,WAGES,2500.00
2026-07-31,RENT,-900.00
`;

/** What data/import.ts asks and writes, on a member that has no platform. */
function known(member: Member): { key: string; thread: string; deleted: boolean }[] {
	const rows = member.rows<[string]>("SELECT DISTINCT body ->> '$[7]' FROM revisions WHERE body ->> '$[7]' LIKE ?", [
		`${ACCOUNT}.%`
	]);
	const others = member.rows<[string, string]>(
		"SELECT k.value, v.body ->> '$[7]' FROM revisions v, json_each(v.body, '$[9]') a, json_each(a.value) k WHERE k.key > 0"
	);
	const own = rows.map(([thread]): [string, string] => [thread.slice(ACCOUNT.length + 1), thread]);
	return [...own, ...others].map(([key, thread]) => ({ key, thread, deleted: false }));
}

function plan(member: Member, file: string): PlannedRow[] {
	const { statements } = readFile(new TextEncoder().encode(file), {}, { currency: 'EUR' });
	return planImport({ entries: statements[0]!.entries, currency: 'EUR', known: known(member), candidates: [] });
}

function importInto(member: Member, file: string, choices = new Map<number, Choice>()): void {
	for (const row of decide({ account: ACCOUNT, rows: plan(member, file), choices, payees: new Map() })) {
		if (row.kind !== 'add') continue;
		const [first, ...others] = row.keys;
		const content = { ...row.content, keys: others.length === 0 ? [] : [{ account: ACCOUNT, keys: others }] };
		member.insert(member.newId(), encodeRevision(content, threadOfKey(ACCOUNT, first!)));
	}
}

/** Shown transactions of the account: date, amount, versions. */
function shown(member: Member): [number, number, number][] {
	return member.rows<[number, number, number]>(
		`SELECT v.body ->> '$[0]', p.minor, e.versions FROM entries e JOIN revisions v ON v.rowid = e.r JOIN postings p ON p.n = e.n
			WHERE e.deleted = 0 AND p.place = (SELECT n FROM refs WHERE id = ?) ORDER BY 1, 2`,
		[ACCOUNT]
	);
}

const BAKERY: [number, number, number] = [20260701, -450, 1];
const WAGES: [number, number, number] = [20260703, 250_000, 1];
const RENT: [number, number, number] = [20260731, -90_000, 1];

test('[FN-126] both partners import the same statement offline: one set, the twins of the bank kept, no conflict', async () => {
	for (const file of [OFX, CSV]) {
		const [alice, bob] = await openMembers(20_260_701);
		importInto(alice, file);
		importInto(bob, file);
		const alone = shown(alice);
		expect(alone.slice(0, 3)).toEqual([BAKERY, BAKERY, WAGES]);
		alice.hearAll(bob);
		expect(shown(alice)).toEqual(alone);
		expect(shown(bob)).toEqual(alone);
		// And again, on either, there is nothing to import.
		expect(plan(bob, file).every(({ fate }) => fate.kind === 'known')).toBe(true);
	}
});

test('[FN-126] files of two formats that overlap, imported one after the other across the two, are one set too', async () => {
	const [alice, bob] = await openMembers(20_260_702);
	importInto(alice, OFX);
	alice.hearAll(bob);
	importInto(bob, CSV);
	alice.hearAll(bob);
	expect(shown(alice)).toEqual([BAKERY, BAKERY, WAGES, RENT]);
	expect(shown(bob)).toEqual(shown(alice));
});
