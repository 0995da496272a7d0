/** What happens at an import, in words. */

import type { CsvRole } from './csv-mapping.ts';
import type { LostKind } from './gathering.ts';
import type { ImportReason } from './import-error.ts';

export const reasonNames: Readonly<Record<ImportReason, string>> = {
	'unknown-format': 'no file of a program that is known here',
	empty: 'there is nothing in it',
	'not-supported': 'this kind of file is not read here',
	version: 'this version is not read here',
	'account-locked': 'locked to an account',
	'password-missing': 'it needs a password',
	'wrong-key': 'the password or the key file is not the right one',
	'bad-key-file': 'this is not a key file',
	'too-costly': 'it asks for too much',
	'too-large': 'it is too large',
	'too-deep': 'it is nested too deep',
	doctype: 'it declares a document type',
	damaged: 'it is damaged',
	'mapping-missing': 'its columns are not known',
	cancelled: 'cancelled'
};

export const lostNames: Readonly<Record<LostKind, string>> = {
	'long-value': 'longer than a field can hold',
	'large-attachment': 'bigger than an attachment can be',
	'absent-attachment': 'named in the file, but not in it',
	'former-attachment': 'attachments of old versions are not kept',
	'linked-field': 'points at another field',
	'unknown-code': 'a one-time code of a kind that is not known here; it came as a field',
	passkey: 'a passkey came as a field; it cannot be used to sign in from here',
	'auto-type': 'how KeePass types for you',
	icon: 'an icon',
	reprompt: 'asking for the master password once more',
	'empty-row': 'a row with nothing in it',
	'skipped-record': 'a record with nothing to keep'
};

export const roleNames: Readonly<Record<CsvRole, string>> = {
	title: 'Title',
	url: 'Address',
	username: 'User name',
	password: 'Password',
	totp: 'One-time code',
	notes: 'Notes',
	folder: 'Folder',
	tags: 'Tags',
	favourite: 'Favourite',
	created: 'Made on',
	edited: 'Changed on',
	own: 'A field of its own',
	'own-hidden': 'A secret field of its own',
	ignore: 'Leave out'
};
