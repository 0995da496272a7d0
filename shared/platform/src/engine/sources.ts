/**
 * Virtual tables and where their rows come from.
 *
 * A full-text table is fed by triggers on an ordinary table. No trigger can stand on it and no hook names it, so a
 * query that reads it depends on the tables whose triggers write it. This finds them in the schema: by name in the
 * text of each trigger, and by `content=` of an FTS5 table. Too many is harmless, too few is not: a virtual table
 * without any source found counts as one that anything may change.
 */

import type { Database } from './sqlite.ts';

export class VirtualSources {
	readonly #db: Database;
	#schemaVersion: unknown;
	#sources = new Map<string, Set<string>>();

	constructor(db: Database) {
		this.#db = db;
	}

	/** The tables that feed a virtual table; undefined where `table` is not virtual, empty where none was found. */
	of(table: string): ReadonlySet<string> | undefined {
		this.#refresh();
		return this.#sources.get(table.toLowerCase());
	}

	/** Could a change in `table` show in a statement that touches `tables`? */
	isTouched(table: string, tables: Iterable<string>): boolean {
		const name = table.toLowerCase();
		for (const touched of tables) {
			if (touched.toLowerCase() === name) return true;
			const sources = this.of(touched);
			if (sources && (sources.size === 0 || sources.has(name))) return true;
		}
		return false;
	}

	#refresh(): void {
		const version = this.#db.value('PRAGMA schema_version');
		if (version === this.#schemaVersion) return;
		this.#schemaVersion = version;
		this.#sources = new Map();
		const triggers = this.#db.all("SELECT tbl_name, sql FROM main.sqlite_schema WHERE type = 'trigger'") as [
			string,
			string
		][];
		const virtual = this.#db.all("SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0") as [
			string,
			string
		][];
		for (const [name, sql] of virtual) {
			const sources = new Set<string>();
			const word = new RegExp(`(?<![\\w$])${name.replace(/[^\w]/g, '\\$&')}(?![\\w$])`, 'i');
			for (const [table, trigger] of triggers) {
				if (word.test(trigger)) sources.add(table.toLowerCase());
			}
			const content = /content\s*=\s*['"]?([\w$]+)/i.exec(sql)?.[1];
			if (content) sources.add(content.toLowerCase());
			this.#sources.set(name.toLowerCase(), sources);
		}
	}
}
