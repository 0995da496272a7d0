import { expect, test } from 'vitest';
import { appLinks } from './apps.ts';

const built = ['notes', 'finance', 'passwords'];
const addresses = (host: string, apps = built) => appLinks(apps, { protocol: 'http:', host }).map(({ href }) => href);

test('every app leads to every other, also from the origin of the vault', () => {
	const wanted = ['http://localhost:4173/notes/', 'http://localhost:4173/finance/', 'http://passwords.localhost:4173/'];
	expect(addresses('localhost:4173')).toEqual(wanted);
	expect(addresses('passwords.localhost:4173')).toEqual(wanted);
});

test('where no name can stand before the address, there is no way to the vault', () => {
	for (const host of ['127.0.0.1:4173', '[::1]:4173']) {
		expect(addresses(host)).toEqual([`http://${host}/notes/`, `http://${host}/finance/`]);
	}
});

test('an app that nobody knows is not shown', () => {
	expect(addresses('localhost', ['constructor', 'toString', 'mail'])).toEqual([]);
});
