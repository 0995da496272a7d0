/**
 * Writes items as a KeePass database, KDBX 4: AES-256, Argon2id with 64 MiB and 3 passes, as formats/kdbx-names.ts
 * lays items into entries. Everything goes in: attachments, history, tags, folders, what is in the trash.
 */

import type * as kdbx from 'kdbxweb';
import { isSecret, slotOf } from '../domain/item.ts';
import { FORMER_ADDRESS, FORMER_TITLE, type PortableField, type PortableItem } from '../domain/portable.ts';
import { kdbxweb, prepareKdbx } from '../formats/kdbx-engine.ts';
import { losesInXml } from '../formats/xml-tree.ts';
import { CUSTOM_DATA, furtherAddress, loginStrings, STANDARD_STRINGS, type EntryNotes } from '../formats/kdbx-names.ts';

const KDF = { memory: 64 * 1024 * 1024, passes: 3 };

export interface KdbxKeys {
	password: string;
	keyFile?: Uint8Array;
}

/** @param name what the database calls itself inside */
export async function writeKdbx(
	items: readonly PortableItem[],
	keys: KdbxKeys,
	name: string,
	now: number
): Promise<Uint8Array<ArrayBuffer>> {
	prepareKdbx();
	const credentials = new kdbxweb.Credentials(
		kdbxweb.ProtectedValue.fromString(keys.password),
		keys.keyFile === undefined ? null : new Uint8Array(keys.keyFile).buffer
	);
	const database = kdbxweb.Kdbx.create(credentials, name);
	database.setKdf(kdbxweb.Consts.KdfId.Argon2id);
	const parameters = database.header.kdfParameters!;
	const { UInt32, UInt64 } = kdbxweb.VarDictionary.ValueType;
	parameters.set('M', UInt64, kdbxweb.Int64.from(KDF.memory));
	parameters.set('I', UInt64, kdbxweb.Int64.from(KDF.passes));
	parameters.set('P', UInt32, 1);
	// Versions are kept as they are: another program applies its own limits only when it writes.
	database.meta.historyMaxItems = -1;
	database.meta.historyMaxSize = -1;

	const writer = new DatabaseWriter(database, now);
	for (const item of items) await writer.write(item);
	return new Uint8Array(await database.save());
}

/** The strings of an entry, or of a former version of it. */
interface Laid {
	strings: Map<string, { value: string; secret: boolean }>;
	notes: EntryNotes;
}

class DatabaseWriter {
	readonly #database: kdbx.Kdbx;
	readonly #groups = new Map<string, kdbx.KdbxGroup>();
	readonly #bin: kdbx.KdbxGroup;
	readonly #now: number;

	constructor(database: kdbx.Kdbx, now: number) {
		this.#database = database;
		this.#bin = database.getGroup(database.meta.recycleBinUuid!)!;
		this.#now = now;
	}

	async write(item: PortableItem): Promise<void> {
		const group = item.deletedAt === undefined ? this.#groupOf(item.folder) : this.#bin;
		const entry = this.#database.createEntry(group);
		const { strings, notes } = layItem(item);
		setStrings(entry, strings);
		entry.tags = [...item.tags];
		const json = JSON.stringify(notes);
		entry.customData = new Map([[CUSTOM_DATA, { value: json }]]);
		setTimes(entry, item.createdAt ?? item.editedAt ?? this.#now, item.editedAt ?? this.#now);
		if (item.deletedAt !== undefined) entry.times.locationChanged = new Date(item.deletedAt);
		for (const { name, bytes } of item.attachments) {
			const binary = await this.#database.createBinary(new Uint8Array(bytes).buffer);
			entry.binaries.set(freeName(name, entry.binaries), binary);
		}
		entry.history = versionsOf(item).map(({ version, since }) => {
			const former = new kdbxweb.KdbxEntry();
			former.copyFrom(entry);
			former.uuid = entry.uuid;
			former.binaries = new Map();
			setStrings(former, layItem(version).strings);
			setTimes(former, item.createdAt ?? since, since);
			return former;
		});
	}

	#groupOf(path: readonly string[]): kdbx.KdbxGroup {
		let group = this.#database.getDefaultGroup();
		for (const [index, name] of path.entries()) {
			const key = path.slice(0, index + 1).join('\n');
			const known = this.#groups.get(key);
			group = known ?? this.#database.createGroup(group, name);
			if (!known) this.#groups.set(key, group);
		}
		return group;
	}
}

function layItem(item: PortableItem): Laid {
	const strings: Laid['strings'] = new Map();
	const notes: EntryNotes = { type: item.type, fields: {} };
	if (item.favourite) notes.favourite = true;
	strings.set('Title', { value: item.title, secret: false });
	for (const [index, { url }] of item.addresses.entries()) {
		strings.set(index === 0 ? 'URL' : furtherAddress(index - 1), { value: url, secret: false });
	}
	if (item.addresses.some(({ match }) => match !== null)) notes.match = item.addresses.map(({ match }) => match);

	for (const field of item.fields) {
		const standard =
			field.slot === 'notes' ? 'Notes' : item.type === 'login' ? loginStrings[field.slot ?? ''] : undefined;
		const name = standard ?? freeName(nameOf(item, field), strings);
		strings.set(name, { value: field.value, secret: isSecret(field.kind) });
		if (standard !== undefined) continue;
		const about: EntryNotes['fields'][string] = { slot: field.slot, kind: field.kind };
		if (field.section !== '') about.section = field.section;
		if (name !== field.label) about.label = field.label;
		notes.fields[name] = about;
	}
	return { strings, notes };
}

/** What a field is called in KeePass; never a name that means something else there. */
function nameOf(item: PortableItem, field: PortableField): string {
	const label = field.label || (field.slot === null ? '' : slotOf(item.type, field.slot)?.label) || 'Field';
	const taken =
		STANDARD_STRINGS.some((name) => name === label) ||
		/^(otp|KP2A_URL(_\d+)?|AndroidApp\d*|TOTP S.*|TimeOtp-.*)$/.test(label);
	return taken ? `${label} (field)` : label;
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
	let free = name;
	for (let number = 2; taken.has(free); number++) free = `${name} (${number})`;
	return free;
}

function setStrings(entry: kdbx.KdbxEntry, strings: Laid['strings']): void {
	entry.fields = new Map();
	for (const name of STANDARD_STRINGS) if (!strings.has(name)) entry.fields.set(name, '');
	for (const [name, { value, secret }] of strings) {
		// A protected string is written as bytes, and so carries what XML cannot.
		const asBytes = value !== '' && (secret || losesInXml(value));
		entry.fields.set(name, asBytes ? kdbxweb.ProtectedValue.fromString(value) : value);
	}
}

function setTimes(entry: kdbx.KdbxEntry, created: number, modified: number): void {
	entry.times = kdbxweb.KdbxTimes.create();
	entry.times.creationTime = new Date(created);
	for (const key of ['lastModTime', 'lastAccessTime', 'locationChanged'] as const)
		entry.times[key] = new Date(modified);
}

/**
 * The item as it was before each time at which something of it changed, oldest first; `since` is when that version
 * began. A former value stood there until its time: so each version is the next one with those values put back.
 */
function versionsOf(item: PortableItem): { version: PortableItem; since: number }[] {
	const times = [...new Set(item.former.map(({ until }) => until))].sort((a, b) => b - a);
	const versions: { version: PortableItem; since: number }[] = [];
	let version = item;
	for (const [index, time] of times.entries()) {
		version = { ...version, fields: [...version.fields], addresses: [...version.addresses] };
		for (const former of item.former) if (former.until === time) putBack(version, former);
		versions.push({ version, since: times[index + 1] ?? item.createdAt ?? time });
	}
	return versions.reverse();
}

function putBack(version: PortableItem, former: PortableField): void {
	if (former.slot === FORMER_TITLE) version.title = former.value;
	else if (former.slot === FORMER_ADDRESS)
		version.addresses[0] = { url: former.value, match: version.addresses[0]?.match ?? null };
	else {
		const same = (field: PortableField) =>
			former.slot === null ? field.slot === null && field.label === former.label : field.slot === former.slot;
		const at = version.fields.findIndex(same);
		const field = { ...former, section: version.fields[at]?.section ?? former.section };
		if (at < 0) version.fields.push(field);
		else version.fields[at] = field;
	}
}
