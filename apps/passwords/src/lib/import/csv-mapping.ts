/** What the columns of a CSV hold: guessed from their names, and corrected by the person. */

import { fold } from '../domain/text.ts';

/** `own`: a field with the column's name; `ignore`: left out. */
export type CsvRole =
	| 'title'
	| 'url'
	| 'username'
	| 'password'
	| 'totp'
	| 'notes'
	| 'folder'
	| 'tags'
	| 'favourite'
	| 'created'
	| 'edited'
	| 'own'
	| 'own-hidden'
	| 'ignore';

/** A role for each column, in the order of the file. */
export type CsvMapping = readonly CsvRole[];

export interface CsvPreview {
	/** Names of the columns; `Column 1` where the file has no header. */
	columns: string[];
	/** The first rows, whole. They may hold secrets: to be shown masked where the role is a secret one. */
	rows: string[][];
	guess: CsvRole[];
	total: number;
}

/** Column names of password managers, folded and without anything but letters and digits. */
const names: Readonly<Record<Exclude<CsvRole, 'own' | 'own-hidden' | 'ignore'>, readonly string[]>> = {
	title: ['title', 'name', 'account', 'itemname', 'entry', 'label', 'titel', 'bezeichnung', 'nom', 'service'],
	url: [
		'url',
		'website',
		'loginuri',
		'uri',
		'site',
		'web',
		'urls',
		'weburl',
		'webseite',
		'address',
		'link',
		'loginurl'
	],
	username: [
		'username',
		'user',
		'login',
		'loginusername',
		'loginname',
		'userid',
		'benutzername',
		'email',
		'utilisateur',
		'identifiant'
	],
	password: ['password', 'loginpassword', 'pass', 'pwd', 'passwort', 'kennwort', 'motdepasse', 'secret'],
	totp: [
		'totp',
		'otpauth',
		'otp',
		'logintotp',
		'otpurl',
		'2fa',
		'twofactor',
		'onetimepassword',
		'otpsecret',
		'authenticator'
	],
	notes: ['notes', 'note', 'extra', 'comments', 'comment', 'notizen', 'remarks', 'description'],
	folder: [
		'folder',
		'group',
		'grouping',
		'category',
		'vault',
		'collection',
		'collections',
		'ordner',
		'groupname',
		'path'
	],
	tags: ['tags', 'labels', 'tag'],
	favourite: ['favourite', 'favorite', 'fav', 'favorit', 'starred'],
	created: ['created', 'timecreated', 'createdat', 'creationtime', 'createtime', 'createddate'],
	edited: ['modified', 'lastmodified', 'timepasswordchanged', 'updated', 'modifytime', 'updatedat', 'modifieddate']
};

const IGNORED = new Set([
	'id',
	'uuid',
	'guid',
	'icon',
	'reprompt',
	'type',
	'httprealm',
	'formactionorigin',
	'timelastused'
]);

export function roleOf(column: string): CsvRole {
	const plain = fold(column).replace(/[^\p{L}\p{N}]/gu, '');
	for (const [role, known] of Object.entries(names)) if (known.includes(plain)) return role as CsvRole;
	if (plain === '' || IGNORED.has(plain)) return 'ignore';
	return /password|secret|pin|cvv|code|token|key/.test(plain) ? 'own-hidden' : 'own';
}

/** Each role but the free ones once: of two columns with one meaning the first has it. */
export function guessMapping(columns: readonly string[]): CsvRole[] {
	const taken = new Set<CsvRole>();
	return columns.map((column) => {
		const role = roleOf(column);
		if (role === 'own' || role === 'own-hidden' || role === 'ignore') return role;
		if (taken.has(role)) return role === 'password' ? 'own-hidden' : 'own';
		taken.add(role);
		return role;
	});
}

/** True if the names alone say enough to import without asking. */
export function isCertain(mapping: CsvMapping): boolean {
	return mapping.includes('password') && (mapping.includes('title') || mapping.includes('url'));
}
