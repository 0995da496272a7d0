export type CryptoErrorCode =
	/** The commitment does not match: another key, label or AAD than the one that sealed it, or a damaged head. */
	| 'WRONG_KEY'
	/** The commitment matches but the content does not authenticate or is not well formed. */
	| 'DAMAGED'
	/** A version or suite that this build does not have. Never guessed, no older one is compiled in. */
	| 'UNKNOWN_SUITE'
	/** Larger than may be sealed or opened, compressed or not. */
	| 'TOO_LARGE'
	/** A key of the wrong length, or a public key that yields no secret (small order). */
	| 'BAD_KEY'
	/** Used before `cryptoReady()` resolved. */
	| 'NOT_READY';

/** What crypto refuses. Messages name what was expected, never key or content bytes. */
export class CryptoError extends Error {
	readonly code: CryptoErrorCode;

	constructor(code: CryptoErrorCode, message: string) {
		super(message);
		this.name = 'CryptoError';
		this.code = code;
	}
}
