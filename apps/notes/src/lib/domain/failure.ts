/**
 * What to tell a person when something did not work: what happened, what is safe, what to do.
 *
 * By the error's code only. Its own message names tables and scopes, which help a developer and nobody else.
 */

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
	TEXT_TOO_LARGE: 'This note has reached its largest size, one million characters. The last words were not saved.',
	TOO_LARGE: 'That is more than one step can hold. Nothing was changed; do it in parts.',
	OFFLINE: 'Other devices cannot be reached now. Everything here works; try again when there is a connection.',
	GONE: 'Whoever asked is gone. They can ask again.',
	BAD_LINK: 'This link is not complete or not for this app. Ask for it again.',
	UNKNOWN_SCOPE: 'This folder is not on this device any more.'
};

export function explain(error: unknown): string {
	const { code, role } = (typeof error === 'object' && error !== null ? error : {}) as Coded;
	if (code === 'DENIED') {
		return role === 'VIEWER'
			? 'You can read this folder, but not change it. Its owner can give you the right to write.'
			: 'You do not have the right to change this. Nothing was changed.';
	}
	const sentence = typeof code === 'string' && Object.hasOwn(sentences, code) ? sentences[code] : undefined;
	return sentence ?? 'That did not work, and nothing was changed. Try again.';
}
