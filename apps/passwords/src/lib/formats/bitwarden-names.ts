/** How items are laid into Bitwarden's JSON, for reading and for writing. */

import type { MatchRule } from '../domain/address.ts';

export const bitwardenTypes = { login: 1, note: 2, card: 3, identity: 4 } as const;
/** Bitwarden's SSH keys have no type of their own here: their parts come as fields. */
export const SSH_KEY_TYPE = 5;

export const fieldTypes = { text: 0, hidden: 1, boolean: 2, linked: 3 } as const;

/** By Bitwarden's number; null is its default, the base domain. */
export const matchNumbers: readonly MatchRule[] = ['domain', 'host', 'starts', 'exact', 'pattern', 'never'];

export const identityNames: Readonly<Record<string, string>> = {
	salutation: 'title',
	first: 'firstName',
	middle: 'middleName',
	last: 'lastName',
	street: 'address1',
	street2: 'address2',
	street3: 'address3',
	city: 'city',
	region: 'state',
	postcode: 'postalCode',
	country: 'country',
	company: 'company',
	email: 'email',
	phone: 'phone',
	national: 'ssn',
	username: 'username',
	passport: 'passportNumber',
	licence: 'licenseNumber'
};

export const sshNames: Readonly<Record<string, string>> = {
	privateKey: 'Private key',
	publicKey: 'Public key',
	keyFingerprint: 'Fingerprint'
};
export const SSH_SECTION = 'SSH key';
/** A passkey of Bitwarden is kept whole, as JSON in a field with this label, and goes back the same way. */
export const PASSKEY_LABEL = 'Passkey (Bitwarden)';
