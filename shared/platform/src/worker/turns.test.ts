import { expect, test } from 'vitest';
import { PlatformError } from '../protocol/errors.ts';
import { IDLE_LIMIT, TOTAL_LIMIT, Turns, type After } from './turns.ts';

/** Timers that the test moves. */
function setClock() {
	let now = 0;
	let timers: { at: number; work: () => void }[] = [];
	const after: After = (ms, work) => {
		const timer = { at: now + ms, work };
		timers.push(timer);
		return () => void (timers = timers.filter((other) => other !== timer));
	};
	const pass = (ms: number) => {
		const until = now + ms;
		for (;;) {
			const due = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
			if (!due) break;
			now = due.at;
			timers = timers.filter((timer) => timer !== due);
			due.work();
		}
		now = until;
	};
	return { after, pass };
}

test('[W-5] while a transaction is open everybody else waits, in the order of asking', async () => {
	const turns = new Turns(setClock().after);
	const order: string[] = [];
	const id = await turns.begin(
		() => order.push('begin'),
		() => order.push('undo')
	);
	const first = turns.run(() => order.push('first'));
	const second = turns.begin(
		() => order.push('second'),
		() => {}
	);
	const third = turns.run(() => order.push('third'));
	turns.step(id, () => order.push('step'));
	expect(turns.end(id, () => order.push('commit'))).toBeGreaterThan(0);
	await first;
	turns.end(await second, () => order.push('second committed'));
	await third;
	expect(order).toEqual(['begin', 'step', 'commit', 'first', 'second', 'second committed', 'third']);
	expect(turns.isIdle).toBe(true);
});

test('[W-5] a transaction that forgets to go on is rolled back after 2 s, and the next one gets its turn', async () => {
	const { after, pass } = setClock();
	const turns = new Turns(after);
	let undone = 0;
	const id = await turns.begin(
		() => {},
		() => undone++
	);
	const next = turns.run(() => 'next');
	pass(IDLE_LIMIT - 1);
	turns.step(id, () => {});
	pass(IDLE_LIMIT - 1);
	expect(undone).toBe(0);
	pass(1);
	expect(undone).toBe(1);
	expect(await next).toBe('next');
	expect(() => turns.step(id, () => {})).toThrow(expect.objectContaining({ code: 'TIMEOUT' }));
	expect(() => turns.end(id, () => {})).toThrow(expect.objectContaining({ code: 'TIMEOUT' }));
});

test('[W-5] a busy transaction is rolled back 10 s after it began', async () => {
	const { after, pass } = setClock();
	const turns = new Turns(after);
	let undone = 0;
	const id = await turns.begin(
		() => {},
		() => undone++
	);
	for (let time = 0; time < TOTAL_LIMIT - 1000; time += 1000) {
		pass(1000);
		turns.step(id, () => {});
	}
	pass(1000);
	expect(undone).toBe(1);
	expect(() => turns.step(id, () => {})).toThrow(expect.objectContaining({ code: 'TIMEOUT' }));
});

test('a failing commit ends the turn all the same', async () => {
	const turns = new Turns(setClock().after);
	const id = await turns.begin(
		() => {},
		() => {}
	);
	const commit = () => {
		throw new PlatformError('DISK_FULL', 'no room');
	};
	expect(() => turns.end(id, commit)).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
	expect(await turns.run(() => 1)).toBe(1);
	expect(() => turns.step(id, () => {})).toThrow(expect.objectContaining({ code: 'TRANSACTION_OVER' }));
});

test('a transaction that cannot begin does not keep its turn', async () => {
	const turns = new Turns(setClock().after);
	const begin = () => {
		throw new PlatformError('BUSY', 'no');
	};
	await expect(turns.begin(begin, () => {})).rejects.toMatchObject({ code: 'BUSY' });
	expect(await turns.run(() => 1)).toBe(1);
});

test('work that a turn sets off runs after it, not inside of it', async () => {
	const turns = new Turns(setClock().after);
	const order: string[] = [];
	let inner: Promise<unknown> = Promise.resolve();
	await turns.run(() => {
		inner = turns.run(() => order.push('inner'));
		order.push('outer');
	});
	await inner;
	expect(order).toEqual(['outer', 'inner']);
});

test('closing rolls back what is open and refuses what waits', async () => {
	const turns = new Turns(setClock().after);
	let undone = 0;
	const id = await turns.begin(
		() => {},
		() => undone++
	);
	const waiting = turns.run(() => 1);
	turns.close(new PlatformError('CLOSING', 'closing'));
	await expect(waiting).rejects.toMatchObject({ code: 'CLOSING' });
	await expect(turns.run(() => 1)).rejects.toMatchObject({ code: 'CLOSING' });
	expect(undone).toBe(1);
	expect(() => turns.step(id, () => {})).toThrow(expect.objectContaining({ code: 'CLOSING' }));
});
