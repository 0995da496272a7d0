/** Result sets as row objects, and the check of parameters before they leave the page. */

import type { ResultSet, StatementList, StatementResults } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { SqlStatement, SqlValue } from './platform.ts';

export function toRows<R extends object>({ columns, rows }: ResultSet): R[] {
	return rows.map((values) => {
		const row: Record<string, SqlValue> = {};
		columns.forEach((column, index) => (row[column] = values[index]!));
		return row as R;
	});
}

/** Statements as they cross to the engine. @throws PlatformError BAD_VALUE naming statement and position */
export function toStatementList(statements: readonly SqlStatement[]): StatementList {
	const indexes = new Map<string, number>();
	const steps = statements.map(({ sql, params = [] }, index): [number, readonly SqlValue[]] => {
		checkParams(params, `statement ${index + 1}: `);
		let text = indexes.get(sql);
		if (text === undefined) indexes.set(sql, (text = indexes.size));
		return [text, params];
	});
	return { texts: [...indexes.keys()], steps };
}

/** The rows of each of `count` statements. */
export function toRowLists<R extends object>(results: StatementResults, count: number): R[][] {
	const lists: R[][] = Array.from({ length: count }, () => []);
	for (const [step, result] of results) lists[step] = toRows<R>(result);
	return lists;
}

/** @throws PlatformError BAD_VALUE naming the position, never the value */
export function checkParams(params: readonly unknown[], where = ''): asserts params is readonly SqlValue[] {
	if (!Array.isArray(params)) throw new PlatformError('BAD_VALUE', `${where}Parameters are an array`);
	params.forEach((value, position) => {
		const type = typeof value;
		if (value === null || type === 'string' || type === 'bigint' || value instanceof Uint8Array) return;
		if (type === 'number' && Number.isFinite(value)) return;
		const found = type === 'number' ? 'not a finite number' : type;
		throw new PlatformError(
			'BAD_VALUE',
			`${where}Parameter ${position + 1} is ${found}; null, number, bigint, string and Uint8Array can be stored`,
			{ position }
		);
	});
}
