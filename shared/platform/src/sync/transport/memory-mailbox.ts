/** A mailbox's storage in memory, for tests and simulations: the same rules as the server's, nothing on disk. */
import { toHex } from '../../crypto/bytes.ts';
import type { ChainKey, ChainState, KeptRecord, MailboxStorage, TagState } from '../../protocol/mailbox-rules.ts';
import type { SplitRecord } from '../../protocol/record.ts';

interface Row extends KeptRecord {
	chain: string;
	seq: number;
	hash: Uint8Array;
	time: number;
}

export class MemoryMailbox implements MailboxStorage {
	readonly #tags = new Map<string, { tag: Uint8Array; state: TagState; rows: Row[] }>();
	readonly #chains = new Map<string, ChainState>();
	#total = 0;

	transaction<T>(body: () => T): T {
		return body();
	}

	tag(tag: Uint8Array): TagState {
		return { ...(this.#tags.get(toHex(tag))?.state ?? { latest: 0, dropped: 0, bytes: 0 }) };
	}

	setTag(tag: Uint8Array, state: TagState): void {
		this.#tagOf(tag).state = { ...state };
	}

	chain(key: ChainKey): ChainState | undefined {
		return this.#chains.get(chainKey(key));
	}

	setChain(key: ChainKey, state: ChainState): void {
		this.#chains.set(chainKey(key), state);
	}

	youngBytes(tag: Uint8Array, since: number): number {
		const prefix = `${toHex(tag)}/`;
		let bytes = 0;
		for (const [key, chain] of this.#chains) if (key.startsWith(prefix) && chain.since > since) bytes += chain.bytes;
		return bytes;
	}

	hashOf(key: ChainKey, seq: number): Uint8Array | undefined {
		const chain = chainKey(key);
		return this.#tags.get(toHex(key.tag))?.rows.find((row) => row.chain === chain && row.seq === seq)?.hash;
	}

	add(key: ChainKey, position: number, time: number, record: SplitRecord, bytes: Uint8Array): void {
		const { header, hash } = record;
		this.#tagOf(key.tag).rows.push({ position, bytes, chain: chainKey(key), seq: header.seq, hash, time });
		this.#total += bytes.length;
	}

	read(tag: Uint8Array, after: number, most: number): KeptRecord[] {
		const kept: KeptRecord[] = [];
		let size = 0;
		for (const row of this.#tags.get(toHex(tag))?.rows ?? []) {
			if (row.position <= after) continue;
			size += row.bytes.length;
			if (kept.length > 0 && size > most) break;
			kept.push(row);
		}
		return kept;
	}

	oldest(tag: Uint8Array): { position: number; size: number } | undefined {
		const row = this.#tags.get(toHex(tag))?.rows[0];
		return row && { position: row.position, size: row.bytes.length };
	}

	drop(tag: Uint8Array, position: number): void {
		const kept = this.#tagOf(tag);
		for (const row of kept.rows) if (row.position === position) this.#total -= row.bytes.length;
		kept.rows = kept.rows.filter((row) => row.position !== position);
	}

	olderThan(time: number): { tag: Uint8Array; position: number }[] {
		const found: { tag: Uint8Array; position: number }[] = [];
		for (const { tag, rows } of this.#tags.values()) {
			const last = rows.findLast((row) => row.time < time);
			if (last) found.push({ tag, position: last.position });
		}
		return found;
	}

	totalBytes(): number {
		return this.#total;
	}

	#tagOf(tag: Uint8Array): { tag: Uint8Array; state: TagState; rows: Row[] } {
		const key = toHex(tag);
		const found = this.#tags.get(key) ?? { tag, state: { latest: 0, dropped: 0, bytes: 0 }, rows: [] };
		this.#tags.set(key, found);
		return found;
	}
}

function chainKey({ tag, log, author }: ChainKey): string {
	return `${toHex(tag)}/${log}/${toHex(author)}`;
}
