import { expect, test } from 'vitest';
import { toHex } from '../crypto/bytes.ts';
import { RENDEZVOUS_LIMITS, RendezvousDirectory } from './rendezvous-directory.ts';

const tag = (name: number): Uint8Array => new Uint8Array(32).fill(name);
const blob = (text: string): Uint8Array => new TextEncoder().encode(text);

function directory(limits = {}) {
	let now = 1_000_000;
	const made = new RendezvousDirectory(() => now, { ...RENDEZVOUS_LIMITS, ...limits });
	const device = () => {
		const heard: string[] = [];
		const session = made.join((at, note) => heard.push(`${toHex(at).slice(0, 2)} ${new TextDecoder().decode(note)}`));
		return { session, heard };
	};
	return { made, device, pass: (milliseconds: number) => (now += milliseconds) };
}

test('[N-1] each device of a tag hears of each other once, and nobody hears of other tags', () => {
	const { device } = directory();
	const [a, b, c] = [device(), device(), device()];
	a.session.put(tag(1), blob('a'));
	c.session.put(tag(2), blob('c'));
	b.session.put(tag(1), blob('b'));
	// Renewing is no news.
	a.session.put(tag(1), blob('a'));
	expect(a.heard).toEqual(['01 b']);
	expect(b.heard).toEqual(['01 a']);
	expect(c.heard).toEqual([]);
});

test('[N-1] a note that is not renewed for two minutes is forgotten, and so is that of a device that left', () => {
	const { made, device, pass } = directory();
	const [a, b] = [device(), device()];
	a.session.put(tag(1), blob('a'));
	pass(RENDEZVOUS_LIMITS.ttl);
	b.session.put(tag(1), blob('b'));
	expect(b.heard).toEqual([]);
	b.session.close();
	expect(made.entries).toBe(0);
	pass(1);
	a.session.put(tag(1), blob('a'));
	pass(RENDEZVOUS_LIMITS.ttl);
	made.sweep();
	expect(made.entries).toBe(0);
});

test('[N-1] what one device, one tag and all together may hold is bounded', () => {
	const limits = { tagsPerSession: 2, sessionsPerTag: 2, entries: 4, putsPerMinute: 6 };
	const { device, pass } = directory(limits);
	const [a, b, c] = [device(), device(), device()];
	expect(a.session.put(tag(1), new Uint8Array(RENDEZVOUS_LIMITS.blob + 1))).toBe('too-large');
	expect(a.session.put(tag(1), blob('a'))).toBe('ok');
	expect(a.session.put(tag(2), blob('a'))).toBe('ok');
	expect(a.session.put(tag(3), blob('a'))).toBe('too-many-tags');
	expect(b.session.put(tag(1), blob('b'))).toBe('ok');
	expect(c.session.put(tag(1), blob('c'))).toBe('tag-full');
	expect(b.session.put(tag(4), blob('b'))).toBe('ok');
	expect(c.session.put(tag(5), blob('c'))).toBe('directory-full');
	a.session.drop(tag(2));
	expect(c.session.put(tag(5), blob('c'))).toBe('ok');
	expect(a.session.put(tag(1), blob('1'))).toBe('ok');
	expect(a.session.put(tag(1), blob('2'))).toBe('ok');
	expect(a.session.put(tag(1), blob('3'))).toBe('too-fast');
	pass(60_000);
	expect(a.session.put(tag(1), blob('3'))).toBe('ok');
});
