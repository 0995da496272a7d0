/** Every message on every wire: shape, encode, decode, limits. For servers too, so nothing here needs a database. */
export { PlatformError, ProtocolError, type ErrorPlace, type ProtocolErrorCode, type WireError } from './errors.ts';
export * from './cbor.ts';
export type { SqlValue } from './sql-value.ts';
export { LIMITS, MOST_INTEGER } from './limits.ts';
export { epochSecrets, type EpochSecrets } from './epoch.ts';
export {
	NO_RECORD,
	RECORD_VERSION,
	openRecord,
	recordHeader,
	sealRecord,
	signRecord,
	splitRecord,
	type RecordHeader,
	type RecordLog,
	type RecordPlace,
	type SplitRecord,
} from './record.ts';
export { decodeBatch, encodeBatch, type BatchBody, type Change, type TextUpdate } from './batch.ts';
export {
	LATER_TYPES,
	ROLES,
	decodeAccessOp,
	encodeAccessOp,
	joinStatement,
	type AccessOp,
	type CreateOp,
	type GrantOp,
	type JoinOp,
	type LaterOp,
	type LaterType,
	type PolicyOp,
	type Role,
} from './access-op.ts';
