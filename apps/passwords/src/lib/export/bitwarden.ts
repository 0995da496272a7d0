/**
 * Writes items as Bitwarden's JSON, plain or under a password, as its own clients do: they import it, and so does
 * every program that reads theirs.
 *
 * The format has no place for tags, attachments, sections, or former values other than passwords; `left` counts what
 * stays behind, so that a person is told before they rely on the file.
 */

import { isSecret, type ItemType } from '../domain/item.ts';
import { base32, parseOtp } from '../domain/otp.ts';
import { valueOf, type PortableItem } from '../domain/portable.ts';
import { nothingLeft, type LeftBehind } from './left-behind.ts';
import { bitwardenKeys, bitwardenSeal, toBase64, type BitwardenKdf } from '../formats/bitwarden-cipher.ts';
import { bitwardenTypes, fieldTypes, identityNames, matchNumbers, PASSKEY_LABEL } from '../formats/bitwarden-names.ts';

/** What Bitwarden's clients use for Argon2id. */
const KDF = { type: 1, iterations: 3, memory: 64, parallelism: 4 } as const satisfies BitwardenKdf;

/** @param id names folders and items; a new UUID each time */
export function writeBitwarden(items: readonly PortableItem[], id: () => string): { json: string; left: LeftBehind } {
	const folders = new Map<string, string>();
	const folderId = (path: readonly string[]): string | null => {
		if (path.length === 0) return null;
		// Bitwarden nests by slashes in names; one within a name would make a folder more.
		const name = path.map((part) => part.replaceAll('/', '\u2215')).join('/');
		const known = folders.get(name) ?? id();
		folders.set(name, known);
		return known;
	};
	const records = items.map((item) => recordOf(item, id(), folderId(item.folder)));
	const json = JSON.stringify(
		{ encrypted: false, folders: [...folders].map(([name, folder]) => ({ id: folder, name })), items: records },
		null,
		2
	);
	return { json, left: leftBehind(items) };
}

/** The same, sealed under a password of its own. */
export async function writeEncryptedBitwarden(
	items: readonly PortableItem[],
	password: string,
	id: () => string
): Promise<{ json: string; left: LeftBehind }> {
	const { json, left } = writeBitwarden(items, id);
	const salt = toBase64(crypto.getRandomValues(new Uint8Array(16)));
	const keys = await bitwardenKeys(password, salt, KDF);
	const sealed = {
		encrypted: true,
		passwordProtected: true,
		salt,
		kdfType: KDF.type,
		kdfIterations: KDF.iterations,
		kdfMemory: KDF.memory,
		kdfParallelism: KDF.parallelism,
		encKeyValidation_DO_NOT_EDIT: await bitwardenSeal(keys, id()),
		data: await bitwardenSeal(keys, json)
	};
	return { json: JSON.stringify(sealed, null, 2), left };
}

function recordOf(item: PortableItem, id: string, folderId: string | null): Record<string, unknown> {
	// An item with fields of its own only is, to Bitwarden, a note with fields.
	const type: Exclude<ItemType, 'custom'> = item.type === 'custom' ? 'note' : item.type;
	const own = item.fields.filter(({ slot, label }) => slot === null && label !== PASSKEY_LABEL);
	const record: Record<string, unknown> = {
		id,
		folderId,
		type: bitwardenTypes[type],
		name: item.title,
		notes: valueOf(item, 'notes') || null,
		favorite: item.favourite,
		reprompt: 0,
		fields: [...homeless(item, type), ...own].map(({ label, value, kind }) => ({
			name: label,
			value,
			type: isSecret(kind) ? fieldTypes.hidden : fieldTypes.text
		})),
		...timesOf(item)
	};
	const former = item.former.filter(({ slot }) => slot === 'password');
	if (former.length > 0) {
		record.passwordHistory = former.map(({ value, until }) => ({ lastUsedDate: iso(until), password: value }));
	}
	switch (type) {
		case 'login':
			record.login = loginOf(item);
			break;
		case 'note':
			record.secureNote = { type: 0 };
			break;
		case 'card':
			record.card = cardOf(item);
			break;
		case 'identity':
			record.identity = Object.fromEntries(
				Object.entries(identityNames).map(([slot, name]) => [name, valueOf(item, slot) || null])
			);
	}
	return record;
}

/** Template slots that Bitwarden's type has no member for: they become fields, and so do addresses of non-logins. */
function homeless(
	item: PortableItem,
	type: ItemType
): { label: string; value: string; kind: PortableItem['fields'][number]['kind'] }[] {
	const housed: Record<string, readonly string[]> = {
		login: ['username', 'password', 'totp'],
		card: ['holder', 'brand', 'number', 'expires', 'code'],
		identity: Object.keys(identityNames)
	};
	const slots = item.fields.filter(({ slot }) => slot !== null && slot !== 'notes' && !housed[type]?.includes(slot));
	const addresses = type === 'login' ? [] : item.addresses;
	const cardMonth =
		type === 'card' && cardOf(item).expYear === null ? item.fields.filter(({ slot }) => slot === 'expires') : [];
	return [
		...slots,
		...cardMonth,
		...addresses.map(({ url }) => ({ label: 'Address', value: url, kind: 'url' as const }))
	];
}

function loginOf(item: PortableItem): Record<string, unknown> {
	const totp = valueOf(item, 'totp');
	const passkeys = item.fields.filter(({ label }) => label === PASSKEY_LABEL).flatMap(({ value }) => passkeyOf(value));
	return {
		uris: item.addresses.map(({ url, match }) => ({
			match: match === null ? null : matchNumbers.indexOf(match),
			uri: url
		})),
		username: valueOf(item, 'username') || null,
		password: valueOf(item, 'password') || null,
		totp: totp === '' ? null : steamOrText(totp),
		...(item.passwordAt === undefined ? {} : { passwordRevisionDate: iso(item.passwordAt) }),
		...(passkeys.length === 0 ? {} : { fido2Credentials: passkeys })
	};
}

/** Bitwarden knows Steam's codes by an address of their own. */
function steamOrText(totp: string): string {
	const outcome = parseOtp(totp);
	if (!outcome.ok || !outcome.otp.steam) return totp;
	return `steam://${base32(outcome.otp.secret)}`;
}

function passkeyOf(value: string): unknown[] {
	try {
		return [JSON.parse(value) as unknown];
	} catch {
		return [];
	}
}

function cardOf(item: PortableItem): Record<string, string | null> {
	const [, year, month] = /^(\d{4})-(\d\d)$/.exec(valueOf(item, 'expires')) ?? [];
	return {
		cardholderName: valueOf(item, 'holder') || null,
		brand: valueOf(item, 'brand') || null,
		number: valueOf(item, 'number') || null,
		expMonth: month === undefined ? null : String(Number(month)),
		expYear: year ?? null,
		code: valueOf(item, 'code') || null
	};
}

function timesOf(item: PortableItem): Record<string, string> {
	const times: Record<string, string> = {};
	if (item.createdAt !== undefined) times.creationDate = iso(item.createdAt);
	if (item.editedAt !== undefined) times.revisionDate = iso(item.editedAt);
	if (item.deletedAt !== undefined) times.deletedDate = iso(item.deletedAt);
	return times;
}

const iso = (time: number): string => new Date(time).toISOString();

function leftBehind(items: readonly PortableItem[]): LeftBehind {
	const left = { ...nothingLeft };
	for (const item of items) {
		left.attachments += item.attachments.length;
		left.tags += item.tags.length;
		left.former += item.former.filter(({ slot }) => slot !== 'password').length;
	}
	return left;
}
