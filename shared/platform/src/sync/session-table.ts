/** The sessions that there are, one for each peer: of two channels the one that the lower peer id dialled stays. */
import type { PeerSession } from './session.ts';

export class SessionTable {
	readonly #byPeer = new Map<string, PeerSession>();

	has(peerId: string): boolean {
		return this.#byPeer.has(peerId);
	}

	all(): PeerSession[] {
		return [...this.#byPeer.values()];
	}

	add(session: PeerSession, localPeerId: string): void {
		const { peerId } = session.channel;
		const before = this.#byPeer.get(peerId);
		if (!before) return void this.#byPeer.set(peerId, session);
		const byLower = ({ channel }: PeerSession): boolean => channel.dialled === localPeerId < peerId;
		// Both from the same side: the older one is dead, and only the other side has noticed.
		const stays = byLower(before) && !byLower(session) ? before : session;
		this.#byPeer.set(peerId, stays);
		(stays === before ? session : before).close('another channel takes its place');
	}

	/** True if the session was the one in use with its peer. */
	remove(session: PeerSession): boolean {
		const { peerId } = session.channel;
		if (this.#byPeer.get(peerId) !== session) return false;
		this.#byPeer.delete(peerId);
		return true;
	}

	closeAll(): void {
		for (const session of this.all()) session.close();
		this.#byPeer.clear();
	}
}
