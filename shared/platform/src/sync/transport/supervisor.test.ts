import { expect, test } from 'vitest';
import { VirtualTime } from '../../testing/virtual-time.ts';
import { Supervisor } from './supervisor.ts';
import type { Held } from './supervisor.ts';

test('[N-3] tries are half a second apart at first, then twice as long each, at most half a minute', async () => {
	const timers = new VirtualTime(0);
	const tries: number[] = [];
	const connect = (): Promise<Held> => {
		tries.push(timers.now());
		return Promise.reject(new Error('not there'));
	};
	const supervisor = new Supervisor(connect, timers, () => 0.5);
	supervisor.start();
	await timers.advance(120_000);
	const pauses = tries.slice(1).map((at, index) => at - (tries[index] as number));
	expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
	expect(supervisor.status).toMatchObject({ homeNode: 'offline', reason: 'not there' });

	supervisor.hint();
	await timers.advance(500);
	expect(tries.slice(-2)).toEqual([120_000, 120_500]);
	supervisor.stop();
	await timers.advance(120_000);
	expect(tries.at(-1)).toBe(120_500);
});

test('[N-3] devices that lost the same home node do not come back in step', async () => {
	const timers = new VirtualTime(0);
	const tries: number[] = [];
	for (const random of [0, 1]) {
		const connect = (): Promise<Held> => {
			if (timers.now() > 0) tries.push(timers.now());
			return Promise.reject(new Error('not there'));
		};
		new Supervisor(connect, timers, () => random).start();
	}
	await timers.advance(700);
	expect(tries).toEqual([350, 650]);
});

test('[N-3] a connection that lasted is made again at once, and its end is told with the reason', async () => {
	const timers = new VirtualTime(0);
	const told: string[] = [];
	let end: ((reason: string) => void) | undefined;
	const connect = (): Promise<Held> => Promise.resolve({ over: new Promise((resolve) => (end = resolve)) });
	const supervisor = new Supervisor(connect, timers, () => 0.5);
	supervisor.onStatus(({ homeNode, reason }) => told.push(reason === undefined ? homeNode : `${homeNode}: ${reason}`));
	supervisor.start();
	await timers.advance(60_000);
	end?.('the cable was pulled');
	await timers.advance(500);
	expect(told).toEqual([
		'connecting: not started',
		'connected',
		'offline: the cable was pulled',
		'connecting: the cable was pulled',
		'connected'
	]);
	supervisor.stop();
});
