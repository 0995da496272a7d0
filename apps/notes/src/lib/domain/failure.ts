/**
 * What to tell a person when something did not work: what happened, what is safe, what to do.
 *
 * By the error's code only. Its own message names tables and scopes, which help a developer and nobody else.
 */

interface Coded {
	code?: unknown;
	role?: unknown;
}

export function explain(error: unknown): string {
	const { code, role } = (typeof error === 'object' && error !== null ? error : {}) as Coded;
	switch (code) {
		case 'DENIED':
			return role === 'VIEWER'
				? 'You can read this folder, but not change it. Its owner can give you the right to write.'
				: 'You do not have the right to change this. Nothing was changed.';
		case 'QUOTA':
		case 'FULL':
			return 'This device has no room left, so this was not saved. What was saved before is safe. Free some space and try again.';
		case 'OUTDATED':
			return 'This page is older than your data. Reload it to go on; what is saved stays saved.';
		case 'TIMEOUT':
			return 'That took too long and was not saved. Nothing was changed; try again.';
		case 'CLOSED':
		case 'ENGINE_LOST':
			return 'The database went away in the middle of this. Reload the page; what is saved stays saved.';
		case 'TOO_LONG':
			return 'This note has reached its largest size, one million characters. The last words were not saved.';
		default:
			return 'That did not work, and nothing was changed. Try again.';
	}
}
