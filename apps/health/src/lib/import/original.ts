/**
 * The file as it came, for whoever wants it back: pieces of it, deflated, under the hash of the whole.
 *
 * Pieces are rows of the personal scope, so they are encrypted, and on all devices of the person. Rows replicate whole
 * and stay in the log for ever: a file beyond LARGEST_KEPT bytes, deflated, is not kept, and that is said.
 */

import { contentId } from '@slf/platform';
import { deflateSync, inflateSync } from 'fflate';
import type { Bytes } from './types.ts';

/** Deflated. An export as text of ten years of a scale, or some hundred workouts; no year of a watch. */
export const LARGEST_KEPT = 8 * 1024 * 1024;
/** What is not worth trying: text deflates to a tenth at best. */
const LARGEST_TRIED = 10 * LARGEST_KEPT;
const PIECE = 512 * 1024;

export interface OriginalPiece {
	readonly id: string;
	readonly file: string;
	readonly place: number;
	readonly body: Uint8Array;
}

export interface Original {
	/** Hex. */
	readonly sha256: string;
	readonly pieces: readonly OriginalPiece[];
}

/** Undefined for a file that is too large to be kept. */
export async function packOriginal(file: Bytes): Promise<Original | undefined> {
	if (file.size > LARGEST_TRIED) return undefined;
	const whole = await file.read(0, file.size);
	const sha256 = await hashOf(whole);
	const pieces: OriginalPiece[] = [];
	let size = 0;
	for (let place = 0; place * PIECE < whole.length; place++) {
		const body = deflateSync(whole.subarray(place * PIECE, (place + 1) * PIECE), { level: 6 });
		size += body.length;
		if (size > LARGEST_KEPT) return undefined;
		pieces.push({ id: contentId([sha256, place, body]), file: sha256, place, body });
	}
	return { sha256, pieces };
}

/** Undefined where a piece is missing or is not what was packed. */
export async function unpackOriginal(
	pieces: readonly Pick<OriginalPiece, 'body'>[],
	sha256: string,
	size: number
): Promise<Uint8Array<ArrayBuffer> | undefined> {
	const whole = new Uint8Array(size);
	let at = 0;
	for (const { body } of pieces) {
		// Room for one piece and no more, whatever the bytes say.
		const room = new Uint8Array(Math.min(PIECE, size - at));
		let part: Uint8Array;
		try {
			part = inflateSync(body, { out: room });
		} catch {
			return undefined;
		}
		whole.set(part, at);
		at += part.length;
	}
	return at === size && (await hashOf(whole)) === sha256 ? whole : undefined;
}

async function hashOf(bytes: Uint8Array): Promise<string> {
	const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
	return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
