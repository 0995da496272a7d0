import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HeadlineKeeper } from './headline-keeper.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function keeper(present = { title: '', excerpt: '' }) {
	const saved: string[] = [];
	const failures: unknown[] = [];
	let fail = false;
	const ports = {
		save: (headline: { title: string; excerpt: string }) => {
			if (fail) return Promise.reject(new Error('full'));
			saved.push(`${headline.title}|${headline.excerpt}`);
			return Promise.resolve();
		},
		failed: (error: unknown) => void failures.push(error),
		now: () => Date.now()
	};
	return { keeper: new HeadlineKeeper(ports, present), saved, failures, breakDisk: () => (fail = true) };
}

test('typing writes the title once, after the last key', async () => {
	const k = keeper();
	for (const text of ['T', 'Te', 'Tea']) {
		k.keeper.changed(() => text);
		await vi.advanceTimersByTimeAsync(100);
	}
	expect(k.saved).toEqual([]);
	await vi.advanceTimersByTimeAsync(600);
	expect(k.saved).toEqual(['Tea|']);
});

test('leaving writes at once what was typed last', async () => {
	const k = keeper();
	k.keeper.changed(() => 'Tea\nhot');
	await k.keeper.flush();
	expect(k.saved).toEqual(['Tea|hot']);
	await k.keeper.flush();
	expect(k.saved).toEqual(['Tea|hot']);
});

test('words far below the headline move the note up the list, but not with every pause', async () => {
	const long = 'Tea\n' + 'x '.repeat(300);
	const k = keeper();
	for (let i = 0; i < 20; i++) {
		k.keeper.changed(() => long + i);
		await vi.advanceTimersByTimeAsync(1_000);
	}
	expect(k.saved.length).toBe(1);
	await k.keeper.flush();
	expect(k.saved.length).toBe(2);
});

test('a note that was only read is never written', async () => {
	const k = keeper({ title: 'Tea', excerpt: '' });
	await k.keeper.flush();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(k.saved).toEqual([]);
});

test('a title that could not be written is reported', async () => {
	const k = keeper();
	k.breakDisk();
	k.keeper.changed(() => 'Tea');
	await k.keeper.flush();
	expect(k.failures.length).toBe(1);
});
