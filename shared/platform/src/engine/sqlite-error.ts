// Turns SQLite's result code and text into a PlatformError.
//
// SQLite's messages name tables and columns, which is what a developer needs, but a few quote what was bound: FTS5 quotes
// the query it could not parse, JSON functions the path. Those pieces are values of parameters, so they are cut out: a
// quoted piece stays only if the SQL text itself contains it.
import { PlatformError } from '../protocol/errors.ts';

/** SQLite result codes that the engine tells apart. */
export const SQLITE = {
	OK: 0,
	ERROR: 1,
	BUSY: 5,
	NOMEM: 7,
	INTERRUPT: 9,
	IOERR: 10,
	CORRUPT: 11,
	FULL: 13,
	CANTOPEN: 14,
	TOOBIG: 18,
	CONSTRAINT: 19,
	MISMATCH: 20,
	AUTH: 23,
	NOTADB: 26,
	ROW: 100,
	DONE: 101
} as const;

const CODES: Record<number, string> = {
	[SQLITE.NOMEM]: 'MEMORY',
	[SQLITE.INTERRUPT]: 'INTERRUPTED',
	[SQLITE.IOERR]: 'STORAGE',
	[SQLITE.CORRUPT]: 'DAMAGED',
	[SQLITE.FULL]: 'QUOTA',
	[SQLITE.CANTOPEN]: 'STORAGE',
	[SQLITE.TOOBIG]: 'TOO_BIG',
	[SQLITE.CONSTRAINT]: 'CONSTRAINT',
	[SQLITE.AUTH]: 'FORBIDDEN',
	[SQLITE.NOTADB]: 'DAMAGED'
};

/** @param position index into the SQL text, in UTF-16 units, when SQLite names a token that occurs once. */
export function sqliteError(resultCode: number, message: string, sql: string): PlatformError {
	const generated = /cannot (?:INSERT into|UPDATE) generated column "(\w+)"/.exec(message);
	if (generated) {
		const column = generated[1]!;
		const sentence = `"${column}" is an ephemeral column: set it with platform.ephemeral.set(table, scope, id, { ${column}: ... })`;
		return new PlatformError('EPHEMERAL', sentence, { column });
	}
	const details: { table?: string; column?: string; position?: number } = {};
	const pair = /(?:constraint failed|no such column): (\w+)\.(\w+)/.exec(message);
	if (pair) {
		details.table = pair[1];
		details.column = pair[2];
	}
	const missing = /table (\w+) has no column named (\w+)/.exec(message);
	if (missing) {
		details.table = missing[1];
		details.column = missing[2];
	}
	const table = /no such table: (?:main\.)?(\w+)/.exec(message);
	if (table) details.table = table[1];
	const column = /no such column: (\w+)$/.exec(message);
	if (column && sql.includes(column[1]!)) details.column = column[1];
	const near = /near "(.*)": syntax error/s.exec(message);
	if (near) {
		const at = sql.indexOf(near[1]!);
		if (at >= 0 && sql.indexOf(near[1]!, at + 1) < 0) details.position = at;
	}
	return new PlatformError(CODES[resultCode & 0xff] ?? 'SQL', withoutValues(message, sql), details);
}

function withoutValues(message: string, sql: string): string {
	if (/^fts5: /.test(message)) return 'the full-text query is not well formed';
	if (/^unknown special query/.test(message)) return 'unknown full-text command';
	const unnamed = /^(no such column|unknown column|unrecognized token): (.*)$/s.exec(message);
	if (unnamed && !sql.includes(unnamed[2]!.replace(/^"|"$/g, ''))) return `${unnamed[1]}`;
	return message.replace(/(["'[])(.+?)(["'\]])/gs, (whole, open: string, inside: string, close: string) =>
		sql.includes(inside) ? whole : `${open}…${close}`
	);
}
