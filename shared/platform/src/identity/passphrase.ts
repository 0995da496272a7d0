/**
 * From a passphrase to a key: Argon2id by hash-wasm. The parameters stand beside what the key opens, so somebody may
 * have written weak ones there (T07): what is below the floor is refused before anything is computed, and so is what
 * would stall the device.
 *
 * A passphrase is UTF-8 in NFKC, so that two keyboards give the same bytes; its bytes belong to the caller, who wipes
 * them.
 */
import { argon2id } from 'hash-wasm';
import { bytes, int, map, type Shape } from '../protocol/cbor.ts';

export const argon2Schema = map({
	/** KiB. */
	memory: int(0, 2 ** 32),
	passes: int(0, 2 ** 16),
	salt: bytes(16)
});

export type Argon2Params = Shape<typeof argon2Schema>;

/** What new passphrases get: about a quarter of a second. */
const USUAL = { memory: 64 * 1024, passes: 3 };
/** OWASP's least. */
const FLOOR = { memory: 19 * 1024, passes: 2 };
const CEILING = { memory: 1024 * 1024, passes: 16 };

/** The fewest characters; how guessable they are is for the app to judge. */
export const PASSPHRASE_LEAST = 8;
const PASSPHRASE_MOST_BYTES = 4096;

export class WeakParameters extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'WeakParameters';
	}
}

export function usualParameters(random: (length: number) => Uint8Array): Argon2Params {
	return { ...USUAL, salt: random(16) };
}

/** Throws WeakParameters. */
export function checkParameters({ memory, passes }: Argon2Params): void {
	if (memory < FLOOR.memory || passes < FLOOR.passes) {
		throw new WeakParameters('The passphrase would be hashed too weakly: somebody changed how');
	}
	if (memory > CEILING.memory || passes > CEILING.passes) {
		throw new WeakParameters('The passphrase would be hashed more expensively than this device may be asked to');
	}
}

/** 32 bytes. Throws WeakParameters, and has computed nothing then. */
export async function passphraseKey(passphrase: Uint8Array, parameters: Argon2Params): Promise<Uint8Array> {
	checkParameters(parameters);
	const { memory, passes, salt } = parameters;
	return argon2id({
		password: passphrase,
		salt,
		memorySize: memory,
		iterations: passes,
		parallelism: 1,
		hashLength: 32,
		outputType: 'binary'
	});
}

/** Why these bytes cannot be a passphrase; undefined when they can. */
export function passphraseProblem(passphrase: Uint8Array): string | undefined {
	// Every character has one byte that does not continue another.
	const characters = passphrase.reduce((count, byte) => count + Number((byte & 0xc0) !== 0x80), 0);
	if (characters < PASSPHRASE_LEAST) return `A passphrase has at least ${PASSPHRASE_LEAST} characters.`;
	if (passphrase.length > PASSPHRASE_MOST_BYTES) return 'This passphrase is too long.';
	return undefined;
}
