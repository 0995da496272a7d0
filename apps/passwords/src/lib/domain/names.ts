/** What types and kinds are called on screen. */

import type { MatchRule } from './address.ts';
import type { FieldKind, ItemType } from './item.ts';

export const typeNames: Readonly<Record<ItemType, { one: string; many: string }>> = {
	login: { one: 'Login', many: 'Logins' },
	note: { one: 'Secure note', many: 'Secure notes' },
	card: { one: 'Card', many: 'Cards' },
	identity: { one: 'Identity', many: 'Identities' },
	custom: { one: 'Other', many: 'Other items' }
};

export const kindNames: Readonly<Record<FieldKind, string>> = {
	text: 'Text',
	hidden: 'Secret',
	email: 'E-mail',
	phone: 'Phone',
	url: 'Address',
	date: 'Date',
	month: 'Month',
	totp: 'One-time code',
	note: 'Long secret text'
};

export const matchNames: Readonly<Record<MatchRule, string>> = {
	domain: 'This site and what is below it',
	host: 'Exactly this host',
	starts: 'What begins with this',
	exact: 'Exactly this page',
	pattern: 'A pattern of another program',
	never: 'Nowhere'
};
