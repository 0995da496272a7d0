/** A value of a cell. Integers beyond 2^53 are bigint, blobs Uint8Array. There are no booleans and no undefined. */
export type SqlValue = null | number | bigint | string | Uint8Array;
