/** A real ledger for tests: the whole platform in Node, over a folder that goes with the test file. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlatform, type Platform } from '@slf/platform/node';
import type { Query } from '../query.ts';

export const schema = readFileSync(new URL('../../schema.sql', import.meta.url), 'utf8');

export interface TestLedger {
	platform: Platform;
	/** The person's own ledger. */
	scope: string;
	ask<R extends object>(query: Query<R>): Promise<R[]>;
	one<R extends object>(query: Query<R>): Promise<R>;
	close(): Promise<void>;
}

export async function openLedger(): Promise<TestLedger> {
	const dir = mkdtempSync(join(tmpdir(), 'finance-'));
	const platform = await openPlatform({ dir, app: 'finance', schema });
	const ask = <R extends object>({ sql, params }: Query<R>) => platform.exec<R>(sql, params);
	return {
		platform,
		scope: await platform.scopes.personal(),
		ask,
		one: async (query) => (await ask(query))[0]!,
		async close() {
			await platform.close();
			rmSync(dir, { recursive: true });
		}
	};
}
