/**
 * Being found: for each scope and time slot a tag at the rendezvous, under it a sealed note with this device's transport
 * peer id. Members of the scope compute the same tag and open the note; the relay sees that some sessions share a tag.
 *
 * Tags change every hour, so that a relay cannot follow a scope for long. The slots of now and of the next hour are
 * registered, so that devices whose clocks differ by less than an hour meet.
 */
import { toHex } from '../crypto/bytes.ts';
import { open, seal } from '../crypto/envelope.ts';
import { hkdf } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { decode, encode, map, text } from '../protocol/cbor.ts';
import { every } from '../protocol/timers.ts';
import type { Timers } from '../protocol/timers.ts';
import type { Rendezvous } from './transport/transport.ts';

/** Length of a slot in milliseconds. */
export const SLOT = 3_600_000;

/** How often it is looked whether a new slot has begun. */
const LOOK = 60_000;

const note = map({ peerId: text(128) });

interface Registered {
	tag: Uint8Array;
	key: Uint8Array;
}

export class Beacon {
	readonly #rendezvous: Rendezvous;
	readonly #timers: Timers;
	readonly #peerId: string;
	readonly #registered = new Map<string, Registered>();
	readonly #stop: (() => void)[];
	#secrets: Uint8Array[] = [];

	/** @param found called with the transport peer id of each device that is found, again when it comes back */
	constructor(rendezvous: Rendezvous, timers: Timers, peerId: string, found: (peerId: string) => void) {
		this.#rendezvous = rendezvous;
		this.#timers = timers;
		this.#peerId = peerId;
		this.#stop = [
			rendezvous.onPeer((tag, blob) => {
				const other = this.#read(tag, blob);
				if (other !== undefined && other !== peerId) found(other);
			}),
			every(timers, LOOK, () => this.#refresh())
		];
	}

	/** Sets the rendezvous secrets of all scopes. */
	set(secrets: Uint8Array[]): void {
		this.#secrets = secrets;
		this.#refresh();
	}

	close(): void {
		for (const stop of this.#stop) stop();
		for (const { tag } of this.#registered.values()) this.#rendezvous.unregister(tag);
		this.#registered.clear();
	}

	#refresh(): void {
		const slot = Math.floor(this.#timers.now() / SLOT);
		const wanted = new Set<string>();
		for (const secret of this.#secrets) {
			for (const number of [slot, slot + 1]) {
				const tag = hkdf(secret, LABELS.rendezvousTag, slotBytes(number));
				const hex = toHex(tag);
				wanted.add(hex);
				if (this.#registered.has(hex)) continue;
				const key = hkdf(secret, LABELS.rendezvousKey, slotBytes(number));
				this.#registered.set(hex, { tag, key });
				this.#rendezvous.register(tag, seal(key, LABELS.sealRendezvous, tag, encode({ peerId: this.#peerId })));
			}
		}
		for (const [hex, { tag }] of this.#registered) {
			if (wanted.has(hex)) continue;
			this.#registered.delete(hex);
			this.#rendezvous.unregister(tag);
		}
	}

	/** Undefined for what nobody of the scope has sealed: anybody may put something under a tag that they saw. */
	#read(tag: Uint8Array, blob: Uint8Array): string | undefined {
		const registered = this.#registered.get(toHex(tag));
		if (!registered) return undefined;
		try {
			return decode(open(registered.key, LABELS.sealRendezvous, tag, blob), note).peerId;
		} catch {
			return undefined;
		}
	}
}

function slotBytes(slot: number): Uint8Array {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt(slot));
	return bytes;
}
