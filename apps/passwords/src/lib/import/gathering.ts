/** What an importer gathers: items within the limits of what can be stored, and a list of what did not come and why. */

import {
	MOST_ATTACHMENT,
	MOST_VALUE,
	type FormerValue,
	type PortableField,
	type PortableItem
} from '../domain/portable.ts';
import { plainLine } from '../domain/text.ts';
import { ImportError, type ImportFormat } from './import-error.ts';

export type LostKind =
	/** A value that is longer than a field can hold. */
	| 'long-value'
	| 'large-attachment'
	/** The file names an attachment that it does not hold. */
	| 'absent-attachment'
	/** Attachments of old versions are not kept. */
	| 'former-attachment'
	/** A field that points at another one. */
	| 'linked-field'
	/** A one-time code of a kind that is not known here; its text came as a field. */
	| 'unknown-code'
	/** A passkey: it came as a field, and cannot be used to sign in from here. */
	| 'passkey'
	/** How KeePass types for the person. */
	| 'auto-type'
	| 'icon'
	/** Asks for the master password once more before it is shown. */
	| 'reprompt'
	/** A row without anything in it. */
	| 'empty-row'
	/** A record of a kind that holds nothing to keep, or is deleted in the file. */
	| 'skipped-record';

export interface Lost {
	kind: LostKind;
	/** Title of the item; empty where there is none. */
	item: string;
	/** Name of the field or file; empty where there is none. Never a value. */
	name: string;
}

export interface Gathered {
	format: ImportFormat;
	items: PortableItem[];
	/** Former versions of items that the file holds, whether or not they differ. */
	versions: number;
	lost: Lost[];
}

/** Items of one import. People have hundreds; who has more than this has a file that was made to hang a device. */
const MOST_ITEMS = 100_000;
const MOST_LOST = 1000;

export class Gathering {
	readonly items: PortableItem[] = [];
	readonly lost: Lost[] = [];
	versions = 0;
	readonly #format: ImportFormat;

	constructor(format: ImportFormat) {
		this.#format = format;
	}

	add(item: PortableItem): void {
		if (this.items.length === MOST_ITEMS)
			throw new ImportError(this.#format, 'too-large', { where: `item ${MOST_ITEMS}` });
		item.fields = this.#fitting(item.title, item.fields);
		item.former = this.#fitting(item.title, item.former);
		item.attachments = item.attachments.filter((file) => {
			file.name = plainLine(file.name) || 'attachment';
			if (file.bytes.length <= MOST_ATTACHMENT) return true;
			this.lose('large-attachment', item.title, file.name);
			return false;
		});
		this.items.push(item);
	}

	lose(kind: LostKind, item = '', name = ''): void {
		if (this.lost.length < MOST_LOST) this.lost.push({ kind, item: plainLine(item), name: plainLine(name) });
	}

	finish(): Gathered {
		return { format: this.#format, items: this.items, versions: this.versions, lost: this.lost };
	}

	#fitting<Field extends PortableField | FormerValue>(title: string, fields: Field[]): Field[] {
		return fields.filter((field) => {
			// Half a surrogate pair cannot be stored; it was never a character.
			field.value = field.value.toWellFormed();
			if (field.value.length <= MOST_VALUE) return true;
			this.lose('long-value', title, field.label);
			return false;
		});
	}
}
