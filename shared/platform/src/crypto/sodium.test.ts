import { expect, test } from 'vitest';
import { sign, signingKeyPair } from './sign.ts';
import { LABELS } from './labels.ts';
import { cryptoReady } from './sodium.ts';

// In a file of its own: the module is loaded once per thread, and this is about the time before.
test('crypto before cryptoReady() says what to do, and works after it [C-1]', async () => {
	expect(() => signingKeyPair(new Uint8Array(32))).toThrow('cryptoReady');
	await Promise.all([cryptoReady(), cryptoReady()]);
	const pair = signingKeyPair(new Uint8Array(32));
	expect(sign(LABELS.signRecord, new Uint8Array(0), pair.secretKey)).toHaveLength(64);
});
