/**
 * Why a file was not imported: which program's file it looks like, where it broke, why, and what to do.
 *
 * Made of fixed sentences and places only, never of what stands in the file: it is shown, and may be pasted into a
 * question to strangers.
 */

export type ImportFormat =
	| 'bitwarden'
	| 'bitwarden-encrypted'
	| 'bitwarden-account'
	| 'kdbx'
	| 'kdb'
	| 'keepass-xml'
	| 'chrome'
	| 'firefox'
	| 'lastpass'
	| 'csv'
	| '1pif'
	| 'keeper'
	| 'buttercup'
	| 'zip'
	| 'unknown';

/** What people call it. */
export const formatNames: Readonly<Record<ImportFormat, string>> = {
	bitwarden: 'Bitwarden JSON',
	'bitwarden-encrypted': 'Bitwarden JSON with a password',
	'bitwarden-account': 'Bitwarden JSON, locked to an account',
	kdbx: 'KeePass database (KDBX)',
	kdb: 'KeePass 1 database (KDB)',
	'keepass-xml': 'KeePass XML',
	chrome: 'Chrome CSV',
	firefox: 'Firefox CSV',
	lastpass: 'LastPass CSV',
	csv: 'CSV',
	'1pif': '1Password 1PIF',
	keeper: 'Keeper JSON',
	buttercup: 'Buttercup vault',
	zip: 'ZIP archive',
	unknown: 'unknown file'
};

export type ImportReason =
	/** No program's file that is known here. */
	| 'unknown-format'
	| 'empty'
	/** Known, and not read here; `advice` says what to export instead. */
	| 'not-supported'
	| 'version'
	| 'account-locked'
	| 'password-missing'
	/** Or the key file: KeePass cannot tell which of the two is wrong. */
	| 'wrong-key'
	| 'bad-key-file'
	/** The file asks for so much work or memory that it must be hostile or broken. */
	| 'too-costly'
	| 'too-large'
	| 'too-deep'
	/** XML with a DOCTYPE: nothing that exports passwords writes one. */
	| 'doctype'
	| 'damaged'
	| 'mapping-missing'
	| 'cancelled';

export interface ImportFailure {
	format: ImportFormat;
	reason: ImportReason;
	/** For example `line 3`, `entry 12`, `header`; empty where there is no place. */
	where: string;
	/** A sentence that says what to do; empty where there is nothing. */
	advice: string;
}

const advices: Partial<Record<ImportReason, string>> = {
	'unknown-format': 'Export from the other program as JSON, CSV or KDBX and choose that file.',
	empty: 'There is nothing in this file. Export it again.',
	'account-locked':
		'Only the Bitwarden account that wrote this file can read it. Export again and choose “JSON”, or “JSON (Encrypted)” with “Password protected”.',
	'password-missing': 'Enter the password of the file.',
	'wrong-key': 'Check the password, and the key file if the database has one.',
	'bad-key-file': 'Choose the key file that belongs to this database.',
	'too-costly': 'This file would need more memory or time than any program asks for. Do not trust it.',
	'too-large': 'Export in parts, for example one folder at a time.',
	'too-deep': 'No program writes a file like this. Do not trust it.',
	doctype: 'No program writes a file like this. Do not trust it.',
	damaged: 'The file is damaged or was cut short. Export it again.',
	'mapping-missing': 'Say what is in the columns of the file.'
};

export class ImportError extends Error {
	readonly failure: ImportFailure;

	constructor(format: ImportFormat, reason: ImportReason, { where = '', advice = advices[reason] ?? '' } = {}) {
		super(`${formatNames[format]}: ${reason}${where === '' ? '' : ` at ${where}`}`);
		this.name = 'ImportError';
		this.failure = { format, reason, where, advice };
	}
}
