import { expect, test } from 'vitest';
import { lazily } from './lazily.ts';

test('a part is fetched once, however often it is needed', async () => {
	let fetched = 0;
	const part = lazily(async () => ({ default: ++fetched }));
	expect(await Promise.all([part(), part(), part()])).toEqual([1, 1, 1]);
});

test('a part that could not be fetched is asked for again', async () => {
	let asked = 0;
	const part = lazily(async () => {
		if (++asked === 1) throw new Error('no connection');
		return { default: 'here' };
	});
	await expect(part()).rejects.toThrow('no connection');
	expect(await part()).toBe('here');
});
