/**
 * What to tell a person when something did not work: what happened, what is safe, what to do.
 *
 * By the error's code only. Its own message names tables and scopes, which help a developer and nobody else.
 */

import type { AboutApp } from './words.ts';

interface Coded {
	code?: unknown;
	role?: unknown;
}

const sentences: Record<string, string> = {
	QUOTA:
		'This device has no room left, so this was not saved. What was saved before is safe. Free some space and try again.',
	DISK_FULL:
		'This device has no room left, so this was not saved. What was saved before is safe. Free some space and try again.',
	OUTDATED: 'This page is older than your data. Reload it to go on; what is saved stays saved.',
	TIMEOUT: 'That took too long and was not saved. Nothing was changed; try again.',
	BUSY: 'The database is busy with something else. Nothing was changed; try again.',
	CLOSED: 'The database went away in the middle of this. Reload the page; what is saved stays saved.',
	LOST: 'The database went away in the middle of this. Reload the page; what is saved stays saved.',
	TEXT_TOO_LARGE: 'This text has reached its largest size, one million characters. The last words were not saved.',
	TOO_LARGE: 'That is more than one step can hold. Nothing was changed; do it in parts.',
	VALUE_TOO_BIG: 'This is larger than one entry can hold, six megabytes. Nothing was changed.',
	SEALED_WRONG: 'A secret here is damaged or was put in another place. It stays as it is; look at its history.',
	SEALED_NEWER: 'A newer version of this app wrote this. Update the app to read it.',
	SEALED_KEY: 'The key to this has not arrived yet. It opens by itself when your other devices were here.',
	LOCKED: 'This is locked. Unlock it and try again; nothing was changed.',
	NO_IDENTITY: 'Say first who you are on this device; then try again.',
	UNKNOWN_OUTCOME: 'The database went away in the middle of this. Look whether it was done before you try again.',
	OFFLINE: 'Other devices cannot be reached now. Everything here works; try again when there is a connection.',
	GONE: 'Whoever asked is gone. They can ask again.',
	NOT_ENTITLED: 'Devices are added in the suite on this device, for example in Notes. Nothing was changed.',
	BAD_LINK: 'This link is not complete or not for this app. Ask for it again.'
};

/** What an app adds: its word for what is shared, and sentences for errors of its own. */
export type Sayings = Pick<AboutApp, 'shared' | 'failures'>;

export function explain(error: unknown, { shared, failures = {} }: Sayings): string {
	const { code, role } = (typeof error === 'object' && error !== null ? error : {}) as Coded;
	if (code === 'DENIED') {
		return role === 'VIEWER'
			? `You can read this ${shared}, but not change it. Its owner can give you the right to write.`
			: 'You do not have the right to change this. Nothing was changed.';
	}
	if (typeof code === 'string') {
		if (Object.hasOwn(failures, code)) return failures[code]!;
		if (code === 'UNKNOWN_SCOPE') return `This ${shared} is not on this device any more.`;
		if (Object.hasOwn(sentences, code)) return sentences[code]!;
	}
	return 'That did not work, and nothing was changed. Try again.';
}
