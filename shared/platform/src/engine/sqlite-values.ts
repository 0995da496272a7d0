// Values between JavaScript and SQLite: what a parameter may be, and how each type crosses exactly.
import { PlatformError } from '../protocol/errors.ts';
import type { SqliteModule } from './crsqlite-module.ts';

/** Integers beyond 2^53 are bigint, all others number. */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlParams = readonly SqlValue[];
const encoder = new TextEncoder();
// ignoreBOM: a decoder that "respects" the mark would drop U+FEFF from the start of a person's text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @param index of the parameter, from 0 */
export function bindValue(module: SqliteModule, statement: number, index: number, value: unknown): void {
	const at = index + 1;
	switch (typeof value) {
		case 'number':
			if (Number.isSafeInteger(value)) {
				if (value === (value | 0)) module._sqlite3_bind_int(statement, at, value);
				else {
					const high = Math.floor(value / 4294967296);
					module._sqlite3_bind_int64(statement, at, (value - high * 4294967296) | 0, high);
				}
				return;
			}
			if (Number.isNaN(value)) throw refusedParameter(index, 'NaN, which SQLite would store as NULL');
			module._sqlite3_bind_double(statement, at, value);
			return;
		case 'bigint':
			if (BigInt.asIntN(64, value) !== value) throw refusedParameter(index, 'an integer beyond 64 bits');
			module._sqlite3_bind_int64(statement, at, Number(BigInt.asIntN(32, value)), Number(value >> 32n));
			return;
		case 'string': {
			const room = value.length * 3;
			const pointer = module._sqlite3_malloc(room + 1) >>> 0;
			const { written } = encoder.encodeInto(value, module.HEAPU8.subarray(pointer, pointer + room));
			module._sqlite3_bind_text(statement, at, pointer, written, module._getSqliteFree());
			return;
		}
		case 'boolean':
			throw refusedParameter(index, 'a boolean: use 0 or 1');
		case 'undefined':
			throw refusedParameter(index, 'undefined: use null');
	}
	if (value === null) {
		module._sqlite3_bind_null(statement, at);
		return;
	}
	if (!isBytes(value)) throw refusedParameter(index, `a ${typeof value}: use Uint8Array, text, a number or null`);
	const pointer = module._sqlite3_malloc(value.length + 1) >>> 0;
	module.HEAPU8.set(value, pointer);
	module._sqlite3_bind_blob(statement, at, pointer, value.length, module._getSqliteFree());
}

/** Not instanceof: bytes may come from another realm (a worker's message, a test's sandbox). */
function isBytes(value: unknown): value is Uint8Array {
	return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function refusedParameter(index: number, what: string): PlatformError {
	return new PlatformError('PARAMETER', `parameter ${index + 1} is ${what}`, { position: index });
}

function integer(low: number, high: number): number | bigint {
	// Exactly the safe integers become numbers; -2^53 is exact as a double but not safe, so it is a bigint.
	if (high > 0x1fffff || high < -0x200000 || (high === -0x200000 && low === 0))
		return (BigInt(high) << 32n) | BigInt(low >>> 0);
	return high * 4294967296 + (low >>> 0);
}

export function readColumn(module: SqliteModule, statement: number, column: number): SqlValue {
	switch (module._sqlite3_column_type(statement, column)) {
		case 1: {
			const low = module._sqlite3_column_int64(statement, column);
			return integer(low, module.getTempRet0());
		}
		case 2:
			return module._sqlite3_column_double(statement, column);
		case 3: {
			const text = module._sqlite3_column_text(statement, column);
			return decoder.decode(module.HEAPU8.subarray(text, text + module._sqlite3_column_bytes(statement, column)));
		}
		case 4: {
			const bytes = module._sqlite3_column_blob(statement, column);
			return module.HEAPU8.slice(bytes, bytes + module._sqlite3_column_bytes(statement, column));
		}
		default:
			return null;
	}
}

export function readValue(module: SqliteModule, value: number): SqlValue {
	switch (module._sqlite3_value_type(value)) {
		case 1: {
			const low = module._sqlite3_value_int64(value);
			return integer(low, module.getTempRet0());
		}
		case 2:
			return module._sqlite3_value_double(value);
		case 3: {
			const text = module._sqlite3_value_text(value);
			return decoder.decode(module.HEAPU8.subarray(text, text + module._sqlite3_value_bytes(value)));
		}
		case 4: {
			const bytes = module._sqlite3_value_blob(value);
			return module.HEAPU8.slice(bytes, bytes + module._sqlite3_value_bytes(value));
		}
		default:
			return null;
	}
}

export function setResult(module: SqliteModule, context: number, result: SqlValue | boolean | undefined): void {
	const value = typeof result === 'boolean' ? Number(result) : result;
	if (value === null || value === undefined) {
		module._sqlite3_result_null(context);
	} else if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
		const exact = BigInt(value as number | bigint);
		if (BigInt.asIntN(64, exact) !== exact) throw new PlatformError('SQL', 'the result is beyond 64 bits');
		module._sqlite3_result_int64(context, Number(BigInt.asIntN(32, exact)), Number(exact >> 32n));
	} else if (typeof value === 'number') {
		module._sqlite3_result_double(context, value);
	} else {
		const bytes = typeof value === 'string' ? encoder.encode(value) : value;
		const pointer = module._sqlite3_malloc(bytes.length + 1) >>> 0;
		module.HEAPU8.set(bytes, pointer);
		if (typeof value === 'string') module._sqlite3_result_text(context, pointer, bytes.length, module._getSqliteFree());
		else module._sqlite3_result_blob(context, pointer, bytes.length, module._getSqliteFree());
	}
}
