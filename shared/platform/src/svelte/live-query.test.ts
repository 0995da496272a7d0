/** With the reactivity of Svelte's client: under Node the package would give the server's, which never subscribes. */

import { expect, test, vi } from 'vitest';
import { LiveQuery, type QuerySource } from './live-query.svelte.ts';

vi.mock('svelte/reactivity', () => import('../../node_modules/svelte/src/reactivity/index-client.js' as string));
const client = (await import('../../node_modules/svelte/src/internal/client/index.js' as string)) as {
	effect_root(work: () => void): () => void;
	render_effect(work: () => void): void;
	flush(): void;
	state<T>(value: T): { v: T };
	get<T>(source: { v: T }): T;
	set<T>(source: { v: T }, value: T): void;
};

/** A platform whose live queries the test answers. */
function source() {
	const open: {
		sql: string;
		params: readonly unknown[];
		push: (rows: object[]) => void;
		lock: () => void;
		stopped: boolean;
	}[] = [];
	const platform = {
		live: async (
			_name: string,
			sql: string,
			params: readonly unknown[],
			callback: (rows: never) => void,
			locked: () => void
		) => {
			if (sql === 'broken') throw new Error('no such table');
			const query = { sql, params, push: (rows: object[]) => callback(rows as never), lock: locked, stopped: false };
			open.push(query);
			return () => void (query.stopped = true);
		}
	} as QuerySource;
	return { platform, open };
}

const settled = async () => {
	for (let job = 0; job < 10; job++) await null;
	client.flush();
};

test('rows are undefined until the first answer, then follow, and nothing is watched when nobody reads them', async () => {
	const { platform, open } = source();
	const query = new LiveQuery(platform, { name: 'all', sql: 'SELECT 1' });
	expect(open.length).toBe(0);
	const seen: unknown[] = [];
	const stop = client.effect_root(() => client.render_effect(() => void seen.push(query.rows)));
	await settled();
	expect(open.length).toBe(1);
	open[0]!.push([{ id: 'a' }]);
	await settled();
	open[0]!.push([{ id: 'a' }, { id: 'b' }]);
	await settled();
	expect(seen).toEqual([undefined, [{ id: 'a' }], [{ id: 'a' }, { id: 'b' }]]);
	stop();
	await settled();
	expect(open[0]!.stopped).toBe(true);
});

test('with another parameter the subscription moves, and a late answer to the old query changes nothing', async () => {
	const { platform, open } = source();
	const folder = client.state('one');
	const seen: unknown[] = [];
	const stop = client.effect_root(() => {
		let query: LiveQuery | undefined;
		let at: string | undefined;
		client.render_effect(() => {
			const now = client.get(folder);
			if (now !== at) query = new LiveQuery(platform, { name: 'f', sql: 'SELECT ?', params: [(at = now)] });
			seen.push(query!.rows);
		});
	});
	await settled();
	client.set(folder, 'two');
	await settled();
	expect(open.map(({ params, stopped }) => [params[0], stopped])).toEqual([
		['one', true],
		['two', false]
	]);
	open[0]!.push([{ old: 1 }]);
	open[1]!.push([{ now: 1 }]);
	await settled();
	expect(seen.at(-1)).toEqual([{ now: 1 }]);
	expect(JSON.stringify(seen)).not.toContain('old');
	stop();
});

test("a query that cannot be opened throws its error where it is read, for the screen's boundary", async () => {
	const { platform } = source();
	const query = new LiveQuery(platform, { name: 'b', sql: 'broken' });
	const seen: string[] = [];
	const stop = client.effect_root(() => {
		client.render_effect(() => {
			try {
				seen.push(String(query.rows));
			} catch (error) {
				seen.push((error as Error).message);
			}
		});
	});
	await settled();
	expect(seen).toEqual(['undefined', 'no such table']);
	stop();
});

test('[K-19] a vault that locks takes the rows along; after the unlock they are there again', async () => {
	const { platform, open } = source();
	const query = new LiveQuery(platform, { name: 'all', sql: 'SELECT 1' });
	const seen: unknown[] = [];
	const stop = client.effect_root(() => client.render_effect(() => void seen.push(query.rows)));
	await settled();
	open[0]!.push([{ id: 'a' }]);
	await settled();
	open[0]!.lock();
	await settled();
	open[0]!.push([{ id: 'b' }]);
	await settled();
	expect(seen).toEqual([undefined, [{ id: 'a' }], undefined, [{ id: 'b' }]]);
	stop();
});
