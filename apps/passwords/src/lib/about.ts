import type { AboutApp } from '@slf/suite/domain';

export const about: AboutApp = {
	id: 'passwords',
	name: 'Passwords',
	thing: 'vault',
	plural: false,
	shared: 'vault',
	sharing: 'Open a vault and choose “Share this vault”.',
	failures: {
		LOCKED: 'The vault was locked before this was done. Unlock it and try again.',
		SEALED_WRONG: 'This value does not belong where it stands. It was not opened.',
		SEALED_KEY: 'The key to this value has not reached this device yet.',
		VALUE_TOO_BIG: 'This is too big to be kept in the vault. Nothing was changed.'
	}
};
