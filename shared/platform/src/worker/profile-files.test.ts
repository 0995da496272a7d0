import { expect, test } from 'vitest';
import fc from 'fast-check';
import type { StoreFile } from '../engine/storage/file.ts';
import { utf8 } from '../crypto/bytes.ts';
import { ProfileFiles, type OpenFile } from './profile-files.ts';

/** Files in memory; after `budget` written bytes the power fails. */
function disk() {
	const files = new Map<string, Uint8Array>();
	const state = { budget: Infinity };
	const open: OpenFile = async (name) => {
		const get = () => files.get(name) ?? new Uint8Array();
		const file: StoreFile = {
			read: (target, { at }) => {
				const part = get().subarray(at, at + target.length);
				target.set(part);
				return part.length;
			},
			write: (source, { at }) => {
				const taken = Math.min(source.length, state.budget);
				const next = new Uint8Array(Math.max(get().length, at + taken));
				next.set(get());
				next.set(source.subarray(0, taken), at);
				files.set(name, next);
				state.budget -= taken;
				if (taken < source.length) throw new Error('power failed');
				return taken;
			},
			truncate: (size) => {
				if (state.budget <= 0) throw new Error('power failed');
				files.set(name, get().slice(0, size));
			},
			flush: () => {},
			getSize: () => get().length,
			close: () => {}
		};
		return file;
	};
	return { files, state, store: new ProfileFiles(open) };
}

test('a file that was never written is undefined, and each write replaces the one before', async () => {
	const { store } = disk();
	expect(await store.read('words')).toBeUndefined();
	for (const text of ['one', 'two', 'three', '']) {
		await store.write('words', utf8(text));
		expect(await store.read('words')).toEqual(utf8(text));
	}
	expect(await store.read('other')).toBeUndefined();
});

test('[W-9] a write that is cut off at any byte leaves the bytes before it', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }), fc.nat(99), async (writes, cut) => {
			const { state, store } = disk();
			for (const bytes of writes) await store.write('set', bytes);
			state.budget = cut;
			const next = new Uint8Array(70).fill(7);
			const done = await store.write('set', next).then(
				() => true,
				() => false
			);
			state.budget = Infinity;
			expect(await store.read('set')).toEqual(done ? next : writes.at(-1));
		})
	);
});
