/**
 * A device whose software is the attacker's: it has honest keys and signs whatever it likes. Made of a test replica's own
 * tables, past every guard.
 */
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { KeyPair } from '../crypto/sign.ts';
import { decodeBatch, encodeBatch, type BatchBody } from '../protocol/batch.ts';
import { encodeAccessOp, type AccessOp, type LaterOp } from '../protocol/access-op.ts';
import { epochSecrets } from '../protocol/epoch.ts';
import {
	NO_RECORD,
	openRecord,
	recordHeader,
	sealRecord,
	splitRecord,
	type RecordLog,
	type RecordPlace
} from '../protocol/record.ts';
import type { TestReplica } from './replica.ts';

type Op = Exclude<AccessOp, LaterOp>;

export class Forger {
	readonly scope: Uint8Array;
	readonly pseudonym: Uint8Array;
	readonly secretKey: Uint8Array;
	readonly secrets: ReturnType<typeof epochSecrets>;
	readonly #attacker: TestReplica;
	readonly #heads = new Map<RecordLog, { seq: number; hash: Uint8Array }>();

	/**
	 * @param name local name of the scope at the attacker's device
	 * @param pair another pseudonym than the device's own, which nobody has seen yet
	 */
	constructor(attacker: TestReplica, name: string, pair?: KeyPair) {
		this.#attacker = attacker;
		const sql = `SELECT s.id, s.public_key, s.secret_key, e.key FROM slf_scopes s JOIN slf_epochs e ON e.scope = s.n WHERE s.name = ?`;
		const [id, publicKey, secretKey, key] = attacker.database.get(sql, [name]) as Uint8Array[];
		this.scope = id!;
		this.pseudonym = pair?.publicKey ?? publicKey!;
		this.secretKey = pair?.secretKey ?? secretKey!;
		this.secrets = epochSecrets(id!, key!);
		for (const log of ['access', 'data'] as const) {
			const last = pair ? undefined : this.own(log).at(-1);
			this.#heads.set(
				log,
				last ? { seq: recordHeader(last).header.seq, hash: splitRecord(last).hash } : { seq: 0, hash: NO_RECORD }
			);
		}
	}

	/** What the honest software of this device has written. */
	own(log: RecordLog): Uint8Array[] {
		const records = this.#attacker.replica.ownSince(toHex(this.scope), { access: 0, data: 0 }, Number.MAX_SAFE_INTEGER);
		return records.filter((bytes) => recordHeader(bytes).header.log === log);
	}

	/** A batch as the honest software would make it, with parts of it replaced. Continues the chain. */
	batch(parts: Partial<BatchBody>): Uint8Array {
		const body: BatchBody = {
			v: 1,
			grant: fromHex(this.#ownGrant()),
			heads: this.#accessHeads(),
			frontier: [],
			count: 100,
			schema: this.#attacker.replica.schema.hash,
			time: 0,
			changes: [],
			texts: [],
			...parts
		};
		return this.record('data', encodeBatch(body));
	}

	/** An operation under its own grant; `place` replaces parts of the header. */
	operation(
		op: Pick<Op, 'type' | 'body'> & { grant?: null; scope?: Uint8Array },
		place: Partial<RecordPlace> = {}
	): Uint8Array {
		const whole = {
			v: 1,
			scope: this.scope,
			grant: fromHex(this.#ownGrant()),
			heads: this.#accessHeads(),
			time: 0,
			...op
		};
		return this.record('access', encodeAccessOp(whole as Op), place);
	}

	/** Any content as the next record of the attacker's chain; `place` replaces parts of the header. */
	record(log: RecordLog, content: Uint8Array, place: Partial<RecordPlace> = {}): Uint8Array {
		const head = this.#heads.get(log)!;
		const { tag, keyId, content: key } = this.secrets;
		const whole = { log, tag, keyId, author: this.pseudonym, seq: head.seq + 1, prev: head.hash, ...place };
		const { bytes, hash } = sealRecord(whole, key, content, this.secretKey);
		this.#heads.set(log, { seq: whole.seq, hash });
		return bytes;
	}

	/** The content of one of its own honest batches. */
	read(bytes: Uint8Array): BatchBody {
		return decodeBatch(openRecord(recordHeader(bytes), this.secrets.content));
	}

	#ownGrant(): string {
		return grantsOf(this.#attacker, this.scope).find(({ own }) => own)!.grant;
	}

	#accessHeads(): Uint8Array[] {
		return accessHeads(this.#attacker, this.scope);
	}
}

/** Grants in force in a scope, as a device knows them. The test looks where apps cannot. */
export function grantsOf(
	{ replica }: TestReplica,
	scope: Uint8Array
): { identity: string; grant: string; own: boolean }[] {
	const access = replica.inspect(toHex(scope));
	return access.members().map(({ identity }) => ({
		identity,
		grant: access.grantOf(identity)!.hash,
		own: identity === replica.identity
	}));
}

export function accessHeads({ replica }: TestReplica, scope: Uint8Array): Uint8Array[] {
	return replica.inspect(toHex(scope)).heads().map(fromHex);
}
