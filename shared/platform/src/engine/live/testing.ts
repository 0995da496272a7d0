/** What statements read and write, for tests of the engine's parts: the authorizer's recording alone, without its rules. */

import type { DependencySource } from '../live.ts';
import type { Database } from '../sqlite.ts';

const WRITES = new Set([9, 18, 23]);
const READ = 20;

export function dependenciesFor(db: Database): DependencySource {
	let seen: { tables: Set<string>; writes: Set<string> } | null = null;
	db.setAuthorizer((action, table) => {
		if (seen && table !== null) {
			if (action === READ) seen.tables.add(table);
			else if (WRITES.has(action)) seen.writes.add(table);
		}
		return 0;
	});
	return {
		dependenciesOf(sql) {
			seen = { tables: new Set(), writes: new Set() };
			try {
				db.prepare(sql).finalize();
				return seen;
			} finally {
				seen = null;
			}
		}
	};
}
