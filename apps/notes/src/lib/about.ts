import type { AboutApp } from '@slf/suite/domain';

/** How the screens of the suite speak of Notes. */
export const about: AboutApp = {
	id: 'notes',
	name: 'Notes',
	thing: 'notes',
	plural: true,
	shared: 'folder',
	sharing: 'Open a folder and choose “Share this folder”.',
	failures: {
		TEXT_TOO_LARGE: 'This note has reached its largest size, one million characters. The last words were not saved.'
	}
};
