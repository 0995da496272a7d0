/**
 * The triggers between REALTIME_TEXT columns and their texts. They live in the connection (TEMP), so a database that
 * is opened elsewhere holds none that call functions it does not have. Under the prefix of guards the authorizer lets
 * them call what apps may not.
 *
 * The sync bit tells who writes: 0 is SQL of this device, whose value becomes the text; 1 is a merge or the writing
 * of a text into its own column, which must not be taken for an edit.
 */

import { PlatformError } from '../../protocol/errors.ts';
import { GUARD_PREFIX } from '../guards.ts';
import { quoteName } from '../sql-tokens.ts';
import type { Database, SqlValue } from '../sqlite.ts';
import type { TextRef } from '../../protocol/text-edit.ts';

/** What is needed of a schema (schema.ts gives more). */
export interface TextSchema {
	readonly tables: readonly {
		readonly name: string;
		readonly replicated: boolean;
		readonly columns: readonly { readonly name: string; readonly class: string }[];
	}[];
}

export interface TextHooks {
	/** SQL wrote the value of a column. */
	written(ref: TextRef, value: string | null): void;
	/** A merge inserted a row; its column holds no text at all. */
	arrived(ref: TextRef, isNull: boolean): void;
}

export function textColumnsOf(schema: TextSchema): Map<string, Set<string>> {
	const columns = new Map<string, Set<string>>();
	for (const table of schema.tables) {
		if (!table.replicated) continue;
		const names = table.columns.filter((column) => column.class === 'REALTIME').map((column) => column.name);
		if (names.length > 0) columns.set(table.name, new Set(names));
	}
	return columns;
}

export function installTextTriggers(
	db: Database,
	columns: ReadonlyMap<string, ReadonlySet<string>>,
	hooks: TextHooks
): void {
	const register = (name: string, hook: (ref: TextRef, value: SqlValue) => void): void => {
		const fn = (...[table, column, scope, id, value]: SqlValue[]): null => {
			const ref = { table, scope, id, column } as unknown as TextRef;
			hook(ref, value as SqlValue);
			return null;
		};
		db.createFunction(name, 5, fn, { internal: true });
	};
	register('slf_text_written', (ref, value) => {
		if (value !== null && typeof value !== 'string') {
			const place = { table: ref.table, column: ref.column, scope: ref.scope };
			throw new PlatformError('TYPE', `${ref.table}.${ref.column} takes text.`, place);
		}
		hooks.written(ref, value);
	});
	register('slf_text_arrived', (ref, isNull) => hooks.arrived(ref, isNull === 1));
	for (const [table, names] of columns) {
		const on = `main.${quoteName(table)}`;
		const trigger = (name: string): string =>
			`CREATE TEMP TRIGGER IF NOT EXISTS ${quoteName(`${GUARD_PREFIX}text_${name}`)}`;
		const call = (hook: string, column: string, value: string): string =>
			`SELECT ${hook}(${quoteText(table)}, ${quoteText(column)}, new.scope_id, new.id, ${value});`;
		const written = (column: string): string => call('slf_text_written', column, `new.${quoteName(column)}`);
		const arrived = (column: string): string => call('slf_text_arrived', column, `new.${quoteName(column)} IS NULL`);
		for (const name of names) {
			const column = quoteName(name);
			db.exec(`
				${trigger(`${table}_${name}_update`)} AFTER UPDATE OF ${column} ON ${on}
				WHEN crsql_internal_sync_bit() = 0 AND new.${column} IS NOT old.${column}
				BEGIN ${written(name)} END;
			`);
		}
		db.exec(`
			${trigger(`${table}_insert`)} AFTER INSERT ON ${on}
			WHEN crsql_internal_sync_bit() = 0
			BEGIN ${[...names].map(written).join(' ')} END;
			${trigger(`${table}_arrival`)} AFTER INSERT ON ${on}
			WHEN crsql_internal_sync_bit() = 1
			BEGIN ${[...names].map(arrived).join(' ')} END;
		`);
	}
}

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
