/**
 * Virtual tables and where their rows come from.
 *
 * A full-text table is fed by triggers on an ordinary table. No trigger can stand on it and no hook names it, so a
 * query that reads it depends on the tables whose triggers write it. This finds them in the schema: by name in the
 * text of each trigger, and by `content=` of an FTS5 table; where such a trigger stands on a view, in place of writing to
 * it, the tables whose triggers write to the view. Too many is harmless, too few is not: a virtual table
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
		const views = new Set(
			this.#db.all("SELECT lower(name) FROM main.sqlite_schema WHERE type = 'view'").map(([name]) => name as string)
		);
		const gather = (name: string, sources: Set<string>, seen: Set<string>): Set<string> => {
			const word = new RegExp(`(?<![\\w$])${name.replace(/[^\w]/g, '\\$&')}(?![\\w$])`, 'i');
			for (const [on, trigger] of triggers) {
				const table = on.toLowerCase();
				if (!word.test(trigger)) continue;
				if (!views.has(table)) sources.add(table);
				else if (!seen.has(table)) gather(table, sources, seen.add(table));
			}
			return sources;
		};
		for (const [name, sql] of virtual) {
			const sources = gather(name, new Set(), new Set());
			const content = /content\s*=\s*['"]?([\w$]+)/i.exec(sql)?.[1];
			if (content) sources.add(content.toLowerCase());
			this.#sources.set(name.toLowerCase(), sources);
		}
	}
}
