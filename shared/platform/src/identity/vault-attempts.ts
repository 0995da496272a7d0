/**
 * How long to wait before the next attempt at a passphrase, so that somebody at the keyboard cannot try many. Each
 * attempt is written down as failed before it is computed, and struck out when it opened: ending the program in between
 * gains nothing.
 *
 *     file := CBOR { v, passphrase: { failed, at }, words: { failed, at } }
 *
 * Whoever may write files of this installation may remove this one too; against them stands Argon2id alone.
 */
import { decode, encode, int, map, version, type Shape } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { MOST_INTEGER } from '../protocol/limits.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Milliseconds to wait after so many failures; the last one for all further. */
const WAITS = [0, 0, 0, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE];

const countSchema = map({
	failed: int(0, MOST_INTEGER),
	/** Of the last one, ms since 1970. */
	at: int(0, MOST_INTEGER)
});

const fileSchema = map({ v: version(1), passphrase: countSchema, words: countSchema });

export type AttemptCount = Shape<typeof countSchema>;
export type Attempts = Omit<Shape<typeof fileSchema>, 'v'>;

export const NO_ATTEMPTS: Attempts = { passphrase: { failed: 0, at: 0 }, words: { failed: 0, at: 0 } };

export const encodeAttempts = (attempts: Attempts): Uint8Array => encode({ v: 1, ...attempts });

/** A file that cannot be read counts as none: it protects from patience, not from whoever can write files. */
export function decodeAttempts(bytes: Uint8Array | undefined): Attempts {
	if (!bytes) return NO_ATTEMPTS;
	try {
		const { passphrase, words } = decode(bytes, fileSchema, 1024);
		return { passphrase, words };
	} catch (error) {
		if (error instanceof ProtocolError) return NO_ATTEMPTS;
		throw error;
	}
}

/** When the next attempt may be made, ms since 1970; 0 when at once. */
export function waitUntil({ failed, at }: AttemptCount): number {
	const wait = WAITS[Math.min(failed, WAITS.length - 1)]!;
	return wait === 0 ? 0 : at + wait;
}

/**
 * The count as it is at `now`. A clock that was set back must neither shorten the wait nor turn it into years: the last
 * attempt is then taken to be now.
 */
export function countAt(count: AttemptCount, now: number): AttemptCount {
	return now < count.at ? { ...count, at: now } : count;
}

/** One more attempt, taken to fail until it is known to have opened. */
export function countAttempt({ failed }: AttemptCount, now: number): AttemptCount {
	return { failed: failed + 1, at: now };
}
