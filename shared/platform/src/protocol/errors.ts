/**
 * The two errors that cross a boundary of the platform.
 *
 * `PlatformError` is what an app sees: a code to act on, and the place (table, column, scope, role, position) so that
 * a person or a developer can find it. A message never contains the value of a parameter or of a cell: errors are
 * logged, shown and copied into reports, and a value there would be a leak.
 *
 * `ProtocolError` is what decoding says of bytes that somebody else sent: a code and the path inside the message.
 */

/** Where an error belongs. Names only, never values. */
export interface ErrorPlace {
	table?: string;
	column?: string;
	/** Local name of the scope, such as `doc:abc123`. */
	scope?: string;
	role?: string;
	/** Character offset in the SQL or schema text, or index in a list, counted from 0. */
	position?: number;
}

/** The form of a PlatformError on a MessagePort; class and prototype do not survive structured clone. */
export interface WireError extends ErrorPlace {
	code: string;
	message: string;
}

export class PlatformError extends Error implements ErrorPlace {
	readonly code: string;
	readonly table?: string;
	readonly column?: string;
	readonly scope?: string;
	readonly role?: string;
	readonly position?: number;

	constructor(code: string, message: string, place: ErrorPlace = {}, options?: ErrorOptions) {
		super(message, options);
		this.name = 'PlatformError';
		this.code = code;
		if (place.table !== undefined) this.table = place.table;
		if (place.column !== undefined) this.column = place.column;
		if (place.scope !== undefined) this.scope = place.scope;
		if (place.role !== undefined) this.role = place.role;
		if (place.position !== undefined) this.position = place.position;
	}

	/** A plain object that structured clone carries; `fromWire` is its inverse. */
	toWire(): WireError {
		const wire: WireError = { code: this.code, message: this.message };
		if (this.table !== undefined) wire.table = this.table;
		if (this.column !== undefined) wire.column = this.column;
		if (this.scope !== undefined) wire.scope = this.scope;
		if (this.role !== undefined) wire.role = this.role;
		if (this.position !== undefined) wire.position = this.position;
		return wire;
	}

	static fromWire(wire: WireError): PlatformError {
		return new PlatformError(wire.code, wire.message, wire);
	}

	/** Any thrown thing as a PlatformError. What is not one already keeps its text and gets the code `INTERNAL`. */
	static from(thrown: unknown): PlatformError {
		if (thrown instanceof PlatformError) return thrown;
		if (thrown instanceof Error) return new PlatformError('INTERNAL', thrown.message, {}, { cause: thrown });
		return new PlatformError('INTERNAL', 'An unknown error was thrown');
	}
}

export type ProtocolErrorCode =
	/** Larger than the limit for this kind of message. */
	| 'TOO_LARGE'
	/** Nested deeper than 16 levels. */
	| 'TOO_DEEP'
	/** Not CBOR, or not the one canonical form of it. */
	| 'MALFORMED'
	/** CBOR, but not the shape that the schema declares. */
	| 'WRONG_SHAPE'
	/** A signature does not verify. */
	| 'BAD_SIGNATURE'
	/** A hash does not match the bytes that it names. */
	| 'BAD_HASH'
	/** A version or type that this build does not know. */
	| 'UNKNOWN_VERSION';

export class ProtocolError extends Error {
	readonly code: ProtocolErrorCode;
	/** Where in the message, for example `header.seq` or `changes[3]`. */
	readonly path: string;

	constructor(code: ProtocolErrorCode, path: string, message: string) {
		super(path === '' ? message : `${path}: ${message}`);
		this.name = 'ProtocolError';
		this.code = code;
		this.path = path;
	}
}
