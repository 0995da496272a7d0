/**
 * Keeper's JSON: records with login, password and address, everything else under `custom_fields` as
 * `$type:label:number`, folders with backslashes between them.
 */

import type { FieldKind } from '../domain/item.ts';
import { parseOtp } from '../domain/otp.ts';
import { addAddress, addOwn, emptyItem, folderPath, setSlot, type PortableItem } from '../domain/portable.ts';
import { Gathering, type Gathered } from './gathering.ts';
import { isObject, member, objectsOf, textOf, type Json, type JsonObject } from './safe-json.ts';

export function isKeeper(json: Json): boolean {
	return Array.isArray(member(json, 'records')) && member(json, 'items') === undefined;
}

export function readKeeper(json: Json): Gathered {
	const gathering = new Gathering('keeper');
	for (const record of objectsOf(json, 'records')) gathering.add(readRecord(record, gathering));
	return gathering.finish();
}

function readRecord(record: JsonObject, gathering: Gathering): PortableItem {
	const kind = textOf(record, '$type');
	const isNote = kind === 'encryptedNotes' || kind === 'secureNote';
	const hasLogin = ['login', 'password', 'login_url'].some((name) => textOf(record, name) !== '');
	const item = emptyItem(isNote && !hasLogin ? 'note' : 'login', textOf(record, 'title'));
	if (item.type === 'login') {
		setSlot(item, 'username', textOf(record, 'login'));
		setSlot(item, 'password', textOf(record, 'password'));
		addAddress(item, textOf(record, 'login_url'));
	}
	const [place] = objectsOf(record, 'folders');
	item.folder = [...folderPath(textOf(place, 'shared_folder'), '\\'), ...folderPath(textOf(place, 'folder'), '\\')];
	const edited = member(record, 'last_modified');
	if (typeof edited === 'number' && edited > 0) item.editedAt = edited * 1000;
	const custom = member(record, 'custom_fields');
	if (isObject(custom)) {
		for (const [name, value] of Object.entries(custom)) readCustom(item, name, value, gathering);
	}
	setSlot(item, 'notes', textOf(record, 'notes'));
	for (const attachment of objectsOf(record, 'attachments'))
		gathering.lose('absent-attachment', item.title, textOf(attachment, 'name'));
	return item;
}

/** `$oneTimeCode::1` `$text:Label:2` `Label` */
function readCustom(item: PortableItem, name: string, value: Json, gathering: Gathering): void {
	const [, type = '', label = ''] = /^\$([^:]*):([^:]*)/.exec(name) ?? [undefined, '', name];
	const text = plainOf(value);
	if (type === 'oneTimeCode' && item.type === 'login') {
		if (parseOtp(text).ok) return setSlot(item, 'totp', text);
		gathering.lose('unknown-code', item.title, label);
	}
	if (type === 'url') return addAddress(item, text);
	addOwn(item, label || type, text, kindOf(type));
}

function kindOf(type: string): FieldKind {
	if (/secret|pin|password|oneTimeCode|paymentCard|bankAccount|keyPair|accountNumber|licenseNumber/i.test(type))
		return 'hidden';
	if (type === 'multiline' || type === 'note') return 'note';
	return type === 'email' || type === 'phone' ? type : 'text';
}

/** Keeper nests names, addresses and phone numbers: their parts in a row. */
function plainOf(value: Json): string {
	if (Array.isArray(value))
		return value
			.map(plainOf)
			.filter((part) => part !== '')
			.join('; ');
	if (isObject(value))
		return Object.values(value)
			.map(plainOf)
			.filter((part) => part !== '')
			.join(', ');
	return value === null ? '' : String(value);
}
