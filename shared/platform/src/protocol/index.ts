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
	type SplitRecord
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
	type Role
} from './access-op.ts';
export { MAX_FRAME, FrameReader, encodeFrame, framesOf, type FrameSink } from './frames.ts';
export {
	FramedStream,
	HEARTBEAT,
	MemoryBudget,
	type ByteStream,
	type FramedOptions,
	type Heartbeat
} from './framed-stream.ts';
export * from './rendezvous.ts';
export {
	RENDEZVOUS_LIMITS,
	RendezvousDirectory,
	type PutOutcome,
	type RendezvousLimits,
	type RendezvousSession
} from './rendezvous-directory.ts';
export * from './mailbox.ts';
export {
	MAILBOX_LIMITS,
	MailboxRules,
	type ChainKey,
	type ChainState,
	type KeptRecord,
	type MailboxLimits,
	type MailboxStorage,
	type TagState
} from './mailbox-rules.ts';
export { every, type Timers } from './timers.ts';
