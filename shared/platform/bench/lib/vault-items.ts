// Logins as people have them: the same for the same number, on every machine.
import {
	addAddress,
	addTag,
	emptyItem,
	setSlot,
	type PortableItem
} from '../../../../apps/passwords/src/lib/domain/portable.ts';
import { Random } from '../../src/testing/random.ts';

export const BENCH_PASSWORD = 'the password of the file';
export const NOW = Date.UTC(2026, 10, 23);

const syllables = ['ka', 'ren', 'tö', 'mail', 'bank', 'shop', 'lin', 'gra', 'vé', 'post', 'net', 'o', 'zu', 'ber'];

export function logins(count: number): PortableItem[] {
	const random = new Random(20_261_123);
	const word = () => Array.from({ length: 2 + random.below(3) }, () => random.pick(syllables)).join('');
	return Array.from({ length: count }, (_, number) => {
		const host = `${word()}.example`;
		const item = emptyItem('login', `${word()} ${word()} ${number}`);
		item.folder = [`Folder ${number % 50}`];
		item.favourite = number % 40 === 0;
		item.createdAt = NOW - number * 1000;
		item.editedAt = NOW;
		setSlot(item, 'username', `${word()}@${host}`);
		setSlot(item, 'password', `${word()}-${random.next()}`);
		if (number % 5 === 0) setSlot(item, 'totp', `otpauth://totp/${host}?secret=GEZDGNBVGY3TQOJQ`);
		if (number % 3 === 0) setSlot(item, 'notes', `${word()} ${word()}\n${word()} ${word()} ${word()}`);
		addAddress(item, `https://${host}/login`);
		if (number % 4 === 0) addTag(item, word());
		return item;
	});
}
