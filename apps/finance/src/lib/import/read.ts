/**
 * Bytes of a file to statements, whatever format it has: the one door of the importers. Pure; the worker
 * (import.worker.ts) calls it away from the page.
 */

import { readCamt } from './camt.ts';
import { readCsv, type CsvFile } from './csv/csv.ts';
import type { CsvMapping } from './csv/mapping.ts';
import { isOwn } from './csv/own.ts';
import type { Role } from './csv/roles.ts';
import { decode } from './decode.ts';
import { ImportError, excerpt, type Reason } from './failure.ts';
import type { Found, Notice, ReadOptions } from './findings.ts';
import { readMt940 } from './mt940.ts';
import { readOfx } from './ofx.ts';
import { readQif, type QifAnswers } from './qif.ts';
import type { Question } from './question.ts';
import type { Format, Statement } from './statement.ts';

/** What a person has said about a file so far. Plain data. */
export interface Answers {
	readonly currency?: string;
	readonly csv?: CsvMapping;
	readonly qif?: QifAnswers;
}

export interface Reading extends Found {
	readonly format: Format;
	readonly encoding: string;
	/** While there are any, there are no statements: nothing is guessed. */
	readonly questions: readonly Question[];
	readonly csv?: CsvFile;
}

/** @throws ImportError and nothing else, whatever the bytes are */
export function readFile(bytes: Uint8Array, answers: Answers = {}, options: ReadOptions = {}): Reading {
	refuseOthers(bytes);
	const { text, encoding } = decode(bytes);
	const format = formatOf(text);
	if (format === undefined) {
		throw new ImportError(undefined, { where: {}, reason: 'NOT_A_STATEMENT', found: excerpt(text.slice(0, 200)) });
	}
	const currency = answers.currency ?? options.currency;
	const known: ReadOptions = { ...options, ...(currency === undefined ? {} : { currency }) };
	const read = (): Omit<Reading, 'format' | 'encoding' | 'questions'> & { questions?: readonly Question[] } => {
		switch (format) {
			case 'csv':
				return readCsv(text, answers.csv, known);
			case 'ofx':
				return readOfx(text, known);
			case 'qif':
				return readQif(text, answers.qif ?? {}, known);
			case 'camt':
				return readCamt(text, known);
			case 'mt940':
				return readMt940(text, known);
		}
	};
	const found = read();
	return { ...found, ...eachOnce(found), format, encoding, questions: found.questions ?? [] };
}

/** The answers with one more. `reading` is the one that asked. */
export function answered(answers: Answers, reading: Reading, question: Question, value: string | number): Answers {
	if (question.kind === 'currency') return { ...answers, currency: String(value) };
	if (reading.format === 'qif') {
		const field = question.kind === 'date-order' ? 'order' : 'decimal';
		return { ...answers, qif: { ...answers.qif, [field]: value } };
	}
	if (!reading.csv) return answers;
	const { mapping } = reading.csv;
	const role: Role | undefined =
		question.kind === 'date-column' ? 'date' : question.kind === 'amount-column' ? 'amount' : undefined;
	const columns = mapping.columns.map((column, index) => {
		if (role !== undefined)
			return index === value ? { role } : column.role === role ? { role: 'ignore' as const } : column;
		if (index !== question.column) return column;
		return { ...column, [FIELD[question.kind as keyof typeof FIELD]]: value };
	});
	return { ...answers, csv: { ...mapping, columns } };
}

const FIELD = { 'date-order': 'order', decimal: 'decimal', sign: 'sign' } as const;

/** Files that people choose by mistake, told from their first bytes. */
function refuseOthers(bytes: Uint8Array): void {
	const head = String.fromCharCode(...bytes.subarray(0, 8));
	const reason: Reason | undefined = head.startsWith('%PDF')
		? 'PDF'
		: head.startsWith('PK\x03\x04')
			? 'ARCHIVE'
			: head.startsWith('\xd0\xcf\x11\xe0')
				? 'SPREADSHEET'
				: undefined;
	if (reason) throw new ImportError(undefined, { where: {}, reason });
}

function formatOf(text: string): Format | undefined {
	const head = text.slice(0, 4096).replace(/^\s+/u, '');
	// First of all, for its words may look like anything.
	if (isOwn(head)) return 'csv';
	if (/^<!doctype html|^<html/i.test(head)) throw new ImportError(undefined, { where: {}, reason: 'WEB_PAGE' });
	if (/^OFXHEADER\b|<\?OFX\b|<OFX>/i.test(head)) return 'ofx';
	if (/^!(?:type|account|option|clear)\b/i.test(head)) return 'qif';
	if (/^:20:/m.test(head) && /^:(?:25|60F|60M):/m.test(text.slice(0, 65_536))) return 'mt940';
	if (head.startsWith('<')) {
		if (/<(?:\w{1,20}:)?(?:STMTTRN|BANKTRANLIST)\b/i.test(head)) return 'ofx';
		return /BkToCstmr|camt\.05/.test(text.slice(0, 65_536)) || /<!DOCTYPE/i.test(head) ? 'camt' : undefined;
	}
	return /^[{[]/.test(head) ? undefined : 'csv';
}

/** A statement that stands in the file twice, to the last entry, is a copy: banks send duplicates. */
function eachOnce({
	statements,
	notices
}: Pick<Found, 'statements' | 'notices'>): Pick<Found, 'statements' | 'notices'> {
	if (statements.length < 2) return { statements, notices };
	const seen = new Set<string>();
	const once: Statement[] = [];
	const repeated: Notice[] = [];
	for (const statement of statements) {
		const { reference, entries } = statement;
		const words = JSON.stringify({ ...statement, entries: entries.map((entry) => ({ ...entry, line: 0 })) });
		if (reference !== undefined && entries.length > 0 && seen.has(words)) {
			repeated.push({ kind: 'repeated-statement', reference });
		} else once.push(statement);
		seen.add(words);
	}
	return repeated.length === 0 ? { statements, notices } : { statements: once, notices: [...notices, ...repeated] };
}
