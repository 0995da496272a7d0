import type { AboutApp } from '@slf/suite/domain';

/** How the screens of the suite speak of Finance. */
export const about: AboutApp = {
	id: 'finance',
	name: 'Finance',
	thing: 'ledger',
	plural: false,
	shared: 'ledger',
	sharing: 'Make a shared ledger in the list of accounts, then choose “Share this ledger”.'
};
