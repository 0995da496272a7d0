import { expect, test } from 'vitest';
import { PlatformError } from './errors.ts';
import { handOver, LinkClient, LinkServer, type CallHandlers, type StreamHandlers } from './link.ts';

type Calls = {
	add(args: { a: number; b: number }): number;
	fail(args: { code: string }): void;
	blobs(args: Record<never, never>): Uint8Array[];
};
type Streams = { count: { args: { to: number }; event: number } };

const calls: CallHandlers<Calls> = {
	add: ({ a, b }) => a + b,
	blobs: () => handOver(blobs, blobs),
	fail: ({ code }) => {
		throw new PlatformError(code, 'refused', { table: 'notes', scope: 'doc:1', role: 'VIEWER', position: 3 });
	}
};
const blobs = [new Uint8Array(50_000).fill(3), Uint8Array.of(4), new Uint8Array(60_000).subarray(1)];
const noStreams: StreamHandlers<Streams> = { count: () => () => {} };

function pair(streams: StreamHandlers<Streams> = noStreams) {
	const { port1, port2 } = new MessageChannel();
	const client = new LinkClient<Calls, Streams>(port1);
	const server = new LinkServer<Calls, Streams>(port2, calls, streams, { build: 7 });
	return { client, server, end: () => client.lose(new PlatformError('LOST', 'over')) };
}

/** Resolves when `check` holds, looked at after every message task. */
async function until(check: () => boolean): Promise<void> {
	while (!check()) await new Promise((resolve) => setImmediate(resolve));
}

test('[W-13] a call is answered, and an error keeps its code and place', async () => {
	const { client, end } = pair();
	expect(await client.ready).toEqual({ build: 7 });
	expect(await client.call('add', { a: 2, b: 3 })).toBe(5);
	const error = await client.call('fail', { code: 'DENIED' }).catch((e) => e);
	expect(error).toBeInstanceOf(PlatformError);
	expect(error).toMatchObject({ code: 'DENIED', table: 'notes', scope: 'doc:1', role: 'VIEWER', position: 3 });
	end();
});

test('[W-18] large bytes of an answer change hands, small ones and parts of others are copied', async () => {
	const { client, end } = pair();
	const answer = await client.call('blobs', {});
	expect(answer.map(({ length }) => length)).toEqual([50_000, 1, 59_999]);
	expect(answer[0]![49_999]).toBe(3);
	expect(blobs.map(({ length }) => length)).toEqual([0, 1, 59_999]);
	end();
});

test('[W-13] names that are not in the table cannot be called, not even inherited ones', async () => {
	const { client, end } = pair();
	for (const name of ['toString', 'constructor', '__proto__', 'nothing']) {
		await expect(client.call(name as 'add', { a: 1, b: 1 })).rejects.toMatchObject({ code: 'UNKNOWN_CALL' });
		await expect(client.open(name as 'count', { to: 1 }, () => {})).rejects.toMatchObject({ code: 'UNKNOWN_CALL' });
	}
	end();
});

test('[W-13] what structured clone refuses is an error of that call only', async () => {
	const { client, end } = pair();
	await expect(client.call('add', { a: (() => 1) as never, b: 1 })).rejects.toMatchObject({ code: 'BAD_VALUE' });
	expect(await client.call('add', { a: 1, b: 1 })).toBe(2);
	end();
});

test('[W-14] everything pending is rejected with LOST when the other side is known to be gone', async () => {
	const { port1 } = new MessageChannel();
	const client = new LinkClient<Calls, Streams>(port1);
	const call = client.call('add', { a: 1, b: 1 });
	const stream = client.open('count', { to: 1 }, () => {});
	client.lose(new PlatformError('LOST', 'gone'));
	await expect(call).rejects.toMatchObject({ code: 'LOST' });
	await expect(stream).rejects.toMatchObject({ code: 'LOST' });
	await expect(client.call('add', { a: 1, b: 1 })).rejects.toMatchObject({ code: 'LOST' });
	expect((await client.lost).code).toBe('LOST');
});

test("[W-3] a stream's first event comes in a later task than the promise of open", async () => {
	const { client, end } = pair({
		count: (_args, emit) => {
			emit(1);
			return () => {};
		}
	});
	const order: string[] = [];
	const opened = client
		.open('count', { to: 1 }, () => order.push('event'))
		.then(async () => {
			for (let i = 0; i < 20; i++) await null;
			order.push('opened');
		});
	await opened;
	await until(() => order.length === 2);
	expect(order).toEqual(['opened', 'event']);
	end();
});

test('[W-4] a tab that falls behind gets the state afresh instead of a growing queue', async () => {
	let opened = 0;
	let emitNow: (value: number) => void = () => {};
	const { client, end } = pair({
		count: (_args, emit) => {
			opened++;
			emitNow = emit;
			emit(-opened);
			return () => {};
		}
	});
	const seen: number[] = [];
	await client.open('count', { to: 0 }, (value) => seen.push(value));
	// All in one task, so nothing can be acknowledged in between.
	const emit = emitNow;
	for (let i = 1; i <= 1000; i++) emit(i);
	await until(() => opened === 2 && seen.at(-1) === -2);
	expect(seen.length).toBeLessThan(40);
	emitNow(5000);
	await until(() => seen.at(-1) === 5000);
	end();
});

test('[W-4] a source that can pause is paused, and goes on where it was when the tab has caught up', async () => {
	let next = 0;
	let paused = false;
	let flow: () => void = () => {};
	const { client, end } = pair({
		count: ({ to }, emit) => {
			flow = () => {
				paused = false;
				while (!paused && next < to) if (emit(++next) === 'busy') paused = true;
			};
			return { close: () => {}, resume: flow };
		}
	});
	const seen: number[] = [];
	await client.open('count', { to: 500 }, (value) => seen.push(value));
	flow();
	expect(next).toBeLessThan(40);
	await until(() => seen.length === 500);
	expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
	end();
});

test('closing a stream closes its source, also one that is still being opened', async () => {
	let closed = 0;
	let finish: () => void = () => {};
	const { client, server, end } = pair({
		count: async ({ to }) => {
			if (to === 0) await new Promise<void>((resolve) => (finish = resolve));
			return () => closed++;
		}
	});
	const close = await client.open('count', { to: 1 }, () => {});
	close();
	await until(() => closed === 1);
	client.open('count', { to: 0 }, () => {}).catch(() => {});
	await client.call('add', { a: 0, b: 0 });
	server.close();
	finish();
	await until(() => closed === 2);
	end();
});
