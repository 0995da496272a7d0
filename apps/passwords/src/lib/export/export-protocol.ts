/** What the page and the export worker say to each other: one question, one answer. The worker's half. */

import type { PortableItem } from '../domain/portable.ts';
import { writeBitwarden, writeEncryptedBitwarden } from './bitwarden.ts';
import { writeCsv } from './csv.ts';
import { writeKdbx } from './kdbx.ts';
import { sayLeft } from './left-behind.ts';

export type ExportFormat = 'kdbx' | 'bitwarden' | 'csv';

export interface ToExport {
	format: ExportFormat;
	items: readonly PortableItem[];
	/** Null: the file lies open. A KDBX always has one, a CSV never. */
	password: string | null;
	now: number;
}

export interface Exported {
	bytes: Uint8Array<ArrayBuffer>;
	/** Without a dot. */
	extension: string;
	/** How many items are in the file. */
	items: number;
	/** What the format has no place for, in words. */
	left: string[];
}

/** `failed` names no reason: what goes wrong here is a mistake of ours, or memory that ran out. */
export type FromExport = { kind: 'exported'; exported: Exported } | { kind: 'failed' };

export async function writeExport({ format, items, password, now }: ToExport): Promise<Exported> {
	const id = () => crypto.randomUUID();
	switch (format) {
		case 'kdbx': {
			if (password === null) throw new TypeError('a KDBX has a password');
			const bytes = await writeKdbx(items, { password }, 'Passwords', now);
			return { bytes, extension: 'kdbx', items: items.length, left: [] };
		}
		case 'bitwarden': {
			const { json, left } =
				password === null ? writeBitwarden(items, id) : await writeEncryptedBitwarden(items, password, id);
			return { bytes: utf8(json), extension: 'json', items: items.length, left: sayLeft(left) };
		}
		case 'csv': {
			const { csv, left } = writeCsv(items);
			return { bytes: utf8(csv), extension: 'csv', items: items.length - left.items, left: sayLeft(left) };
		}
	}
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
