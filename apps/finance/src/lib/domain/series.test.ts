import { expect, test } from 'vitest';
import { everyMonth, runningSums } from './series.ts';

test('[FN-24] months without rows are zero, not missing, and what came before is in every sum', () => {
	const sums = [
		{ month: 202511, minor: 100 },
		{ month: 202601, minor: 20 },
		{ month: 202601, minor: 5 }
	];
	expect(everyMonth(sums, 202512, 202602)).toEqual([
		{ month: 202512, minor: 0 },
		{ month: 202601, minor: 25 },
		{ month: 202602, minor: 0 }
	]);
	expect(runningSums(sums, 202512, 202602).map(({ minor }) => minor)).toEqual([100, 125, 125]);
});
