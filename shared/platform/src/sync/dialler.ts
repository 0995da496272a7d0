/**
 * Which peers to dial, and when. Of two devices the one with the lower transport peer id dials, so that one channel is
 * made and not two; the other waits, and dials after all when nothing comes (a lost note, a peer that cannot).
 *
 * A peer that is gone is not told of by anybody. So a dial is tried five times with growing pauses and then left, until
 * the rendezvous tells of the peer again.
 */
import type { Timers } from '../protocol/timers.ts';

const FIRST_PAUSE = 500;
const TRIES = 5;

/** Milliseconds that the higher peer id gives the lower one. */
const COURTESY = 3000;

interface Candidate {
	tries: number;
	cancel: (() => void) | undefined;
	dialling: boolean;
}

export class Dialler {
	readonly #localPeerId: string;
	readonly #timers: Timers;
	readonly #random: () => number;
	readonly #dial: (peerId: string) => Promise<void>;
	readonly #isConnected: (peerId: string) => boolean;
	readonly #candidates = new Map<string, Candidate>();

	constructor(init: {
		localPeerId: string;
		timers: Timers;
		random: () => number;
		/** Makes a connection; rejects if that fails. */
		dial: (peerId: string) => Promise<void>;
		isConnected: (peerId: string) => boolean;
	}) {
		this.#localPeerId = init.localPeerId;
		this.#timers = init.timers;
		this.#random = init.random;
		this.#dial = init.dial;
		this.#isConnected = init.isConnected;
	}

	/** The peer is there: by the rendezvous, or since its channel has just broken. */
	found(peerId: string): void {
		const candidate = this.#candidates.get(peerId) ?? { tries: 0, cancel: undefined, dialling: false };
		this.#candidates.set(peerId, candidate);
		candidate.tries = 0;
		if (candidate.dialling || this.#isConnected(peerId)) return;
		candidate.cancel?.();
		this.#after(peerId, candidate, this.#localPeerId < peerId ? 0 : COURTESY);
	}

	/** A channel broke that was not closed in peace. */
	lost(peerId: string): void {
		const candidate = this.#candidates.get(peerId);
		if (!candidate || candidate.dialling || candidate.cancel) return;
		candidate.tries = 0;
		this.#after(peerId, candidate, this.#localPeerId < peerId ? FIRST_PAUSE * (0.5 + this.#random()) : COURTESY);
	}

	close(): void {
		for (const candidate of this.#candidates.values()) candidate.cancel?.();
		this.#candidates.clear();
	}

	#after(peerId: string, candidate: Candidate, milliseconds: number): void {
		candidate.cancel = this.#timers.after(milliseconds, () => {
			candidate.cancel = undefined;
			void this.#try(peerId, candidate);
		});
	}

	async #try(peerId: string, candidate: Candidate): Promise<void> {
		if (this.#isConnected(peerId) || this.#candidates.get(peerId) !== candidate) return;
		candidate.dialling = true;
		candidate.tries++;
		try {
			await this.#dial(peerId);
		} catch {
			// Tried again below; why it failed is of no use to anybody: mostly the peer has gone.
		}
		candidate.dialling = false;
		if (this.#candidates.get(peerId) !== candidate || this.#isConnected(peerId)) return;
		if (candidate.tries >= TRIES) return void this.#candidates.delete(peerId);
		this.#after(peerId, candidate, FIRST_PAUSE * 2 ** candidate.tries * (0.7 + 0.6 * this.#random()));
	}
}
