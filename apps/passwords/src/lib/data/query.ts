import type { SqlValue } from '@slf/platform';

/** A SELECT to keep live; `name` is a label for diagnostics. `Row` is what it gives. */
export interface Query<Row> {
	readonly name: string;
	readonly sql: string;
	readonly params: readonly SqlValue[];
	/** Carries the type; never set. */
	readonly row?: Row;
}

/** Names one item. */
export interface ItemRef {
	scope_id: string;
	id: string;
}
