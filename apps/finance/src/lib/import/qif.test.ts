import { expect, test } from 'vitest';
import { answered, readFile, type Answers, type Reading } from './read.ts';

const read = (text: string, answers: Answers = {}, currency: string | undefined = 'USD'): Reading =>
	readFile(new TextEncoder().encode(text), answers, currency === undefined ? {} : { currency });

const QIF = `!Option:AutoSwitch
!Account
NChecking
TBank
^
!Type:Bank
D1/31'05
T1,250.00
CX
POpening Balance
L[Checking]
^
D2/ 1'05
T-75.50
N1001
PGrocer
Mweekly
SFood
Ebread
$-50.00
SHousehold
$-25.50
^
D2/28'05
U-10.00
T-10.00
PBank
LFees
^
!Type:Cat
NFood
^
`;

test('[FN-101] QIF: account, opening balance, splits that add up, lists left out', () => {
	const { statements, notices, questions } = read(QIF);
	expect(questions).toEqual([]);
	expect(notices).toEqual([{ kind: 'left-out', what: 'lists', count: 1 }]);
	expect(statements).toHaveLength(1);
	expect(statements[0]).toMatchObject({
		account: { name: 'Checking', kind: 'current' },
		opening: { minor: 125_000, currency: 'USD', date: 20050131 }
	});
	expect(statements[0]!.entries).toMatchObject([
		{
			date: 20050201,
			minor: -7550,
			payee: 'Grocer',
			memo: 'weekly',
			reference: '1001',
			kind: 'cheque',
			parts: [
				{ minor: -5000, category: 'Food', memo: 'bread' },
				{ minor: -2550, category: 'Household', memo: '' }
			]
		},
		{ date: 20050228, minor: -1000, payee: 'Bank', category: 'Fees' }
	]);
});

test('[FN-102] [FN-103] dates and amounts that stand in two ways are asked, and the answer reads them', () => {
	const text = '!Type:Bank\nD1/2/2024\nT1.000\nPx\n^\nD3/4/2024\nT2.000\nPy\n^\n';
	const asked = read(text);
	expect(asked.statements).toEqual([]);
	expect(asked.questions.map(({ kind }) => kind)).toEqual(['decimal', 'date-order']);
	expect(asked.questions[0]!.choices).toEqual([
		{ value: '.', reads: ['1.00', '2.00'] },
		{ value: ',', reads: ['1000.00', '2000.00'] }
	]);
	const answers = answered(answered({}, asked, asked.questions[0]!, ','), asked, asked.questions[1]!, 'mdy');
	expect(read(text, answers).statements[0]!.entries).toMatchObject([
		{ date: 20240102, minor: 100_000 },
		{ date: 20240304, minor: 200_000 }
	]);
});

test('[FN-104] a file that names no currency asks for it if the account does not say it either', () => {
	const asked = readFile(new TextEncoder().encode(QIF));
	expect(asked.questions.map(({ kind }) => kind)).toEqual(['currency']);
	const answers = answered({}, asked, asked.questions[0]!, 'USD');
	expect(readFile(new TextEncoder().encode(QIF), answers).statements[0]!.entries).toHaveLength(2);
});

test('[FN-105] a cut record, parts that do not add up and rows without a date are named, the others stay', () => {
	const cut = read(QIF.slice(0, QIF.indexOf('PBank')));
	expect(cut.broken).toEqual({ where: { line: 26 }, reason: 'BROKEN' });
	expect(cut.statements[0]!.entries.map(({ minor }) => minor)).toEqual([-7550]);
	const wrong = read(QIF.replace('$-25.50', '$-25.00'));
	expect(wrong.faults).toEqual([{ where: { line: 13, element: '$' }, reason: 'PARTS_WRONG', found: '-75.50' }]);
	expect(wrong.statements[0]!.entries).toHaveLength(1);
});
