import { expect, test } from 'vitest';
import { originsAt, pageAddresses } from '../protocol/origins.ts';
import { appLinks } from './suite-apps.ts';

const ORIGINS = { suite: 'http://localhost', vault: 'http://passwords.localhost' };
const APPS = [
	{ name: 'notes', label: 'Notes', line: '', href: 'http://localhost/notes/' },
	{ name: 'passwords', label: 'Passwords', line: '', href: 'http://passwords.localhost/' }
];

const hrefs = (address: string, own: string, apps = APPS, origins = ORIGINS): string[] =>
	appLinks(apps, origins, new URL(address), own).map(({ href }) => href);

test('[U-8] each app leads to each other, over the origins, on the port of the page', () => {
	expect(hrefs('http://localhost:4173/notes/', 'notes')).toEqual(['/notes/', 'http://passwords.localhost:4173/']);
	expect(hrefs('http://passwords.localhost:4173/', 'passwords')).toEqual(['http://localhost:4173/notes/', '/']);
	expect(appLinks(APPS, ORIGINS, new URL('http://localhost:4173/'), 'notes').map(({ here }) => here)).toEqual([
		true,
		false
	]);
});

test('[U-8] a page that was opened by its number stays there, but for the vault', () => {
	expect(hrefs('http://127.0.0.1:4173/notes/', 'notes')).toEqual(['/notes/', 'http://passwords.localhost:4173/']);
});

test('[U-8] names of a real server, with their own ports where they name them', () => {
	const apps = [{ ...APPS[1]!, href: 'https://vault.example:8443/' }];
	const origins = { suite: 'https://slf.example', vault: 'https://vault.example:8443' };
	expect(hrefs('https://slf.example/notes/', 'notes', apps, origins)).toEqual(['https://vault.example:8443/']);
	expect(originsAt(origins, new URL('https://slf.example/'))).toEqual(origins);
	expect(originsAt(ORIGINS, { port: '4300' })).toEqual({
		suite: 'http://localhost:4300',
		vault: 'http://passwords.localhost:4300'
	});
});

test('[K-5] the vault’s links of invitations do not lead to its page that joins', () => {
	const suite = pageAddresses('https://slf.example');
	expect([suite.invited('notes'), suite.pair]).toEqual([
		'https://slf.example/notes/join',
		'https://slf.example/notes/pair'
	]);
	const vault = pageAddresses('https://vault.example', true);
	expect([vault.invited('passwords'), vault.pair]).toEqual([
		'https://vault.example/invited',
		'https://vault.example/pair'
	]);
});
