import { expect, test } from 'vitest';
import { makeCast, simulate } from './sim.ts';

test('[G-7] the simulator ends with equal devices, and a run is not idle', { timeout: 60_000 }, async () => {
	const cast = await makeCast();
	const total: Record<string, number> = {};
	for (let seed = 1; seed <= 5; seed++) {
		for (const [what, count] of Object.entries(await simulate(cast, seed))) total[what] = (total[what] ?? 0) + count;
	}
	for (const what of ['statements', 'text edits', 'delivered', 'held', 'lost', 'repeated', 'restarts', 'rolled back']) {
		expect(total[what], what).toBeGreaterThan(0);
	}
});

test('[G-7] the same seed does the same again', { timeout: 60_000 }, async () => {
	const cast = await makeCast();
	expect(await simulate(cast, 77)).toEqual(await simulate(cast, 77));
});
