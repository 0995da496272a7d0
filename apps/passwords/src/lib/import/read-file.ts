/**
 * Reads any file that another program exported: tells the format by what is in it, never by its name, asks for what is
 * missing, and gives items and a list of what did not come. Runs in import.worker.ts; nothing here knows of workers.
 */

import { bitwardenKind, readBitwarden, readEncryptedBitwarden } from './bitwarden.ts';
import { isButtercup, readButtercup } from './buttercup.ts';
import { csvFormat, parseCsv, previewCsv, readCsv, type CsvTable } from './csv.ts';
import { guessMapping, isCertain, type CsvPreview } from './csv-mapping.ts';
import { ImportError, type ImportFormat } from './import-error.ts';
import type { Gathered } from './gathering.ts';
import type { ImportFile, ImportOptions, ImportStage } from './import-file.ts';
import { kdbxKind, readKdbx, readKeePassXml, refuseKdb } from './kdbx.ts';
import { isKeeper, readKeeper } from './keeper.ts';
import { isOnePif, readOnePif } from './onepif.ts';
import { parseJson, type Json } from './safe-json.ts';

/** Nothing that holds passwords is larger. */
const MOST_BYTES = 200 * 1024 * 1024;
/** Text that may go into one string, and is looked at as JSON, CSV or XML. */
const MOST_TEXT = 64 * 1024 * 1024;

/** What has to be known before the file can be read. */
export type ImportNeed = 'nothing' | 'password' | 'password-or-key-file' | 'mapping';

export interface Inspection {
	format: ImportFormat;
	needs: ImportNeed;
	/** For CSV: its columns and first rows. */
	preview?: CsvPreview;
}

type Content =
	| { kind: 'kdbx' | 'kdb' }
	| { kind: 'keepass-xml' | '1pif' | 'buttercup'; text: string }
	| { kind: 'json'; json: Json; format: ImportFormat }
	| { kind: 'csv'; table: CsvTable };

/** @throws ImportError for what is known and not read here, and for what is not known */
export function inspectFile(file: ImportFile): Inspection {
	const content = contentOf(file);
	switch (content.kind) {
		case 'kdb':
			return refuseKdb();
		case 'kdbx':
			return { format: 'kdbx', needs: 'password-or-key-file' };
		case 'buttercup':
			return { format: 'buttercup', needs: 'password' };
		case 'keepass-xml':
		case '1pif':
			return { format: content.kind, needs: 'nothing' };
		case 'json':
			if (content.format === 'bitwarden-account') throw new ImportError('bitwarden-account', 'account-locked');
			return { format: content.format, needs: content.format === 'bitwarden-encrypted' ? 'password' : 'nothing' };
		case 'csv': {
			const format = csvFormat(content.table);
			const certain = content.table.header && isCertain(guessMapping(content.table.columns));
			return {
				format,
				needs: format === 'csv' && !certain ? 'mapping' : 'nothing',
				preview: previewCsv(content.table)
			};
		}
	}
}

/** @throws ImportError */
export async function readFile(
	file: ImportFile,
	options: ImportOptions = {},
	progress: (stage: ImportStage) => void = () => {}
): Promise<Gathered> {
	const password = options.password ?? null;
	const content = contentOf(file);
	const locked = content.kind === 'kdbx' || content.kind === 'buttercup';
	progress(locked || (content.kind === 'json' && content.format === 'bitwarden-encrypted') ? 'unlocking' : 'reading');
	switch (content.kind) {
		case 'kdb':
			return refuseKdb();
		case 'kdbx':
			if (password === null && options.keyFile === undefined) throw new ImportError('kdbx', 'password-missing');
			return readKdbx(file.bytes, { password, ...(options.keyFile === undefined ? {} : { keyFile: options.keyFile }) });
		case 'keepass-xml':
			return readKeePassXml(content.text);
		case '1pif':
			return readOnePif(content.text);
		case 'buttercup':
			return readButtercup(content.text, password);
		case 'csv':
			return readCsv(content.table, options.mapping);
		case 'json':
			if (content.format === 'bitwarden-account') throw new ImportError('bitwarden-account', 'account-locked');
			if (content.format === 'bitwarden-encrypted') return readEncryptedBitwarden(content.json, password);
			return content.format === 'keeper' ? readKeeper(content.json) : readBitwarden(content.json);
	}
}

function contentOf({ bytes }: ImportFile): Content {
	if (bytes.length === 0) throw new ImportError('unknown', 'empty');
	if (bytes.length > MOST_BYTES) throw new ImportError('unknown', 'too-large');
	const kdbx = kdbxKind(bytes);
	if (kdbx) return { kind: kdbx };
	refuseBinary(bytes);
	if (bytes.length > MOST_TEXT) throw new ImportError('unknown', 'too-large');

	const text = textOf(bytes);
	const start = text.trimStart();
	if (start === '') throw new ImportError('unknown', 'empty');
	if (isButtercup(start)) return { kind: 'buttercup', text: start };
	if (isOnePif(text)) return { kind: '1pif', text };
	if (start.startsWith('<')) return xmlContent(start);
	if (start.startsWith('{') || start.startsWith('[')) return jsonContent(text);
	return { kind: 'csv', table: parseCsv(text) };
}

const ZIP = [0x50, 0x4b, 0x03, 0x04];
const GZIP = [0x1f, 0x8b];
const SQLITE = [...'SQLite format 3'].map((letter) => letter.charCodeAt(0));

/** Archives are never opened here (T67): each program that writes one writes something plain as well. */
function refuseBinary(bytes: Uint8Array): void {
	const begins = (magic: readonly number[]) => magic.every((byte, at) => bytes[at] === byte);
	const unpack =
		'This is an archive. Unpack it and choose a file from it, or export from the other program as JSON, CSV or KDBX.';
	if (begins(ZIP)) throw new ImportError('zip', 'not-supported', { advice: unpack });
	if (begins(GZIP)) throw new ImportError('unknown', 'not-supported', { advice: unpack });
	if (begins(SQLITE)) throw new ImportError('unknown', 'unknown-format');
}

/** UTF-8, or UTF-16 where a mark says so; what is neither is read as Windows wrote it for decades. */
function textOf(bytes: Uint8Array): string {
	if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
	if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		if (bytes.includes(0)) throw new ImportError('unknown', 'unknown-format');
		return new TextDecoder('windows-1252').decode(bytes);
	}
}

function xmlContent(text: string): Content {
	const head = text.slice(0, 4096);
	if (/<KeePassFile[\s>/]/.test(head)) return { kind: 'keepass-xml', text };
	// A document type hides what comes after it, and may be all there is in the first pages.
	if (/<!DOCTYPE(?!\s+html)/i.test(head) && /<KeePassFile[\s>/]/.test(text)) return { kind: 'keepass-xml', text };
	throw new ImportError('unknown', 'unknown-format', { where: 'line 1' });
}

function jsonContent(text: string): Content {
	const json = parseJson(text, formatHint(text));
	const bitwarden = bitwardenKind(json);
	if (bitwarden) return { kind: 'json', json, format: bitwarden };
	if (isKeeper(json)) return { kind: 'json', json, format: 'keeper' };
	throw new ImportError('unknown', 'unknown-format');
}

/** Whose JSON this was, told from its beginning, for when the rest of it cannot be read. */
function formatHint(text: string): ImportFormat {
	const head = text.slice(0, 4096);
	if (/"passwordProtected"\s*:\s*true/.test(head)) return 'bitwarden-encrypted';
	if (/"records"\s*:/.test(head)) return 'keeper';
	if (/"(items|folders|encrypted)"\s*:/.test(head)) return 'bitwarden';
	return 'unknown';
}
