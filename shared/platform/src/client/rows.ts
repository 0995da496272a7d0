/** Result sets as row objects, and the check of parameters before they leave the page. */

import type { ResultSet } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { SqlValue } from './platform.ts';

export function toRows<R extends object>({ columns, rows }: ResultSet): R[] {
	return rows.map((values) => {
		const row: Record<string, SqlValue> = {};
		columns.forEach((column, index) => (row[column] = values[index]!));
		return row as R;
	});
}

/** @throws PlatformError BAD_VALUE naming the position, never the value */
export function checkParams(params: readonly unknown[]): asserts params is readonly SqlValue[] {
	if (!Array.isArray(params)) throw new PlatformError('BAD_VALUE', 'Parameters are an array');
	params.forEach((value, position) => {
		const type = typeof value;
		if (value === null || type === 'string' || type === 'bigint' || value instanceof Uint8Array) return;
		if (type === 'number' && Number.isFinite(value)) return;
		const found = type === 'number' ? 'not a finite number' : type;
		throw new PlatformError(
			'BAD_VALUE',
			`Parameter ${position + 1} is ${found}; null, number, bigint, string and Uint8Array can be stored`,
			{ position }
		);
	});
}
