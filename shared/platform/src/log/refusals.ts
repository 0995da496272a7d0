/** What was refused, for the person to see: the newest 200, without anything that could act as markup. */
import type { Database } from '../engine/sqlite.ts';

export interface Refused {
	/** Milliseconds since 1970, when it was refused here. */
	time: number;
	/** Local name of the scope. */
	scope: string;
	/** Identity in hex where the signer is known, else the pseudonym. */
	author: string;
	rule: string;
	reason: string;
}

const KEPT = 200;
const LONGEST = 200;

export class Refusals {
	readonly #db: Database;

	constructor(db: Database) {
		this.#db = db;
	}

	add({ time, scope, author, rule, reason }: Refused): void {
		const sql = 'INSERT INTO slf_refusals (time, scope, author, rule, reason) VALUES (?, ?, ?, ?, ?)';
		this.#db.run(sql, [time, scope, author, rule, escapeText(reason)]);
		this.#db.run('DELETE FROM slf_refusals WHERE n <= (SELECT max(n) FROM slf_refusals) - ?', [KEPT]);
	}

	/** Newest first. */
	list(): Refused[] {
		const rows = this.#db.all('SELECT time, scope, author, rule, reason FROM slf_refusals ORDER BY n DESC');
		return rows.map(([time, scope, author, rule, reason]) => ({
			time: Number(time),
			scope: String(scope),
			author: String(author),
			rule: String(rule),
			reason: String(reason)
		}));
	}
}

/** Names of tables and columns in a reason were chosen by whoever sent it. Quotes become those that quote nowhere. */
function escapeText(text: string): string {
	const escaped = text
		.replace(/"/g, '\u201d')
		.replace(/'/g, '\u2019')
		.replace(
			/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069&<>`]/g,
			(character) => `\\u{${character.codePointAt(0)!.toString(16)}}`
		);
	return escaped.length > LONGEST ? `${escaped.slice(0, LONGEST)}...` : escaped;
}
