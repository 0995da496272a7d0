/** What the import screen says of columns, questions, notices and rows. */

import type { Role } from '#lib/import/csv/roles.ts';
import type { Notice } from '#lib/import/findings.ts';
import type { Choice } from '#lib/import/decide.ts';
import type { PlannedRow } from '#lib/import/plan.ts';
import type { Question } from '#lib/import/question.ts';
import type { Format } from '#lib/import/statement.ts';

export const formatNames: Readonly<Record<Format, string>> = {
	csv: 'CSV',
	ofx: 'OFX',
	qif: 'QIF',
	camt: 'CAMT',
	mt940: 'MT940'
};

export const roleWords: Readonly<Record<Role, string>> = {
	date: 'Date',
	'value-date': 'Value date',
	amount: 'Amount',
	debit: 'Money out',
	credit: 'Money in',
	direction: 'Out or in',
	payee: 'Payee',
	memo: 'Note',
	currency: 'Currency',
	balance: 'Balance after it',
	id: 'The bank’s id',
	category: 'Category',
	ignore: 'Leave out'
};

export function questionWords({ kind, header, samples }: Question): string {
	const column = header === undefined || header === '' ? '' : ` in “${header}”`;
	const cell = samples[0] === undefined ? '' : ` “${samples[0]}”`;
	switch (kind) {
		case 'date-order':
			return `Which day is${cell}${column}?`;
		case 'decimal':
			return `How much is${cell}${column}?`;
		case 'sign':
			return `No amount${column} has a sign. Is${cell} money in, or money out?`;
		case 'date-column':
			return 'Which column has the date?';
		case 'amount-column':
			return 'Which column has the amount?';
		case 'currency':
			return 'In which currency is the statement?';
	}
}

/** A choice as the person reads it: by what it makes of a cell of the file. */
export function choiceWords(
	question: Question,
	value: string | number,
	reads: readonly string[],
	headers: readonly string[]
): string {
	switch (question.kind) {
		case 'date-order':
		case 'decimal':
			return reads.slice(0, 2).join(', ');
		case 'sign':
			return value === 'as-written' ? 'Money in' : 'Money out';
		case 'date-column':
		case 'amount-column':
			return `${headers[Number(value)] || `Column ${Number(value) + 1}`}: ${reads.slice(0, 2).join(', ')}`;
		case 'currency':
			return String(value);
	}
}

export function noticeWords(notice: Notice): string {
	switch (notice.kind) {
		case 'pending':
			return `${notice.count} announced, not booked yet: they come again when they are.`;
		case 'left-out':
			return `${notice.count} left out: ${notice.what}.`;
		case 'repeated-statement':
			return `The statement ${notice.reference} stands in the file twice and counts once.`;
	}
}

export function fateWords({ fate, suggestion }: PlannedRow): string {
	switch (fate.kind) {
		case 'new': {
			if (!suggestion) return 'New';
			const days = suggestion.days === 0 ? 'same day' : `${Math.abs(suggestion.days)} days apart`;
			return `Maybe yours: same amount, ${[days, ...suggestion.words].join(', ')}`;
		}
		case 'known':
			return fate.deleted ? 'Deleted here before' : 'Here already';
		case 'repeated':
			return 'Twice in the file';
		case 'pending':
			return 'Announced only';
		case 'currency':
			return 'Another currency';
	}
}

export const choiceNames: Readonly<Record<Choice, string>> = {
	import: 'Import',
	match: 'It is mine',
	leave: 'Leave out'
};
