/**
 * The invitations that this person has given out, as this device answers for them: it waits under the tag of each open
 * one, whichever device made it, and knows of closed ones why they cannot be used.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import type { Timers } from '../protocol/timers.ts';
import type { AccountTables, InvitationRow } from './account-tables.ts';
import { HandshakeError } from './emoji-handshake.ts';
import {
	INVITATION_ATTEMPTS,
	invitationFromSeed,
	receiveInvited,
	type InvitationSecret,
	type PersonRequest
} from './invitation.ts';
import { tagKey, waitAsHost } from './meeting.ts';
import type { Channel, Transport } from './transport/transport.ts';

export interface Answered {
	row: InvitationRow;
	secret: InvitationSecret;
	/** Takes the note away; undefined while none is left. */
	leave?: (() => void) | undefined;
	attempts: number;
	/** Somebody waits for a yes. */
	isPending: boolean;
}

export interface OpenInvitationsOptions {
	transport: Transport;
	timers: Timers;
	random: (length: number) => Uint8Array;
	/** Those of the account, and of every open vault. */
	allTables: () => AccountTables[];
	identity: Uint8Array;
}

export class OpenInvitations {
	readonly #options: OpenInvitationsOptions;
	readonly #byTag = new Map<string, Answered>();
	#loading: Promise<void> = Promise.resolve();
	#stopped = false;

	constructor(options: OpenInvitationsOptions) {
		this.#options = options;
	}

	/** Reads the table anew, one reading after the other. */
	load(): Promise<void> {
		this.#loading = this.#loading.then(
			() => this.#read(),
			() => this.#read()
		);
		return this.#loading;
	}

	stop(): void {
		this.#stopped = true;
		for (const answered of this.#byTag.values()) answered.leave?.();
		this.#byTag.clear();
	}

	byTag(tag: Uint8Array): Answered | undefined {
		return this.#byTag.get(toHex(tag));
	}

	byId(id: string): InvitationRow | undefined {
		return [...this.#byTag.values()].find(({ row }) => row.id === id)?.row;
	}

	/** Open ones that have not expired, the newest first. */
	open(): InvitationRow[] {
		const rows = [...this.#byTag.values()].filter((answered) => this.#closedAs(answered) === undefined);
		return rows.map(({ row }) => row).sort((a, b) => b.created_at - a.created_at);
	}

	/** Somebody dialled with this invitation. Throws HandshakeError when it came to nothing. */
	async meet(answered: Answered, channel: Channel, firstFrame: Uint8Array, inviter: string): Promise<PersonRequest> {
		const { transport, timers, random, identity } = this.#options;
		let admitted = false;
		const admit = () => {
			const refusal = this.#closedAs(answered) ?? this.#busyAs(answered);
			if (refusal) return refusal;
			admitted = answered.isPending = true;
			answered.attempts++;
			return undefined;
		};
		try {
			const offer = { inviter, role: answered.row.role };
			const ports = { transport, timers, random };
			const request = await receiveInvited(channel, firstFrame, answered.secret, offer, admit, ports);
			void request.over.then(() => {
				answered.isPending = false;
			});
			if (equalBytes(request.verified.identity, identity)) {
				request.refuse('FAILED');
				throw new HandshakeError('FAILED');
			}
			return request;
		} catch (error) {
			if (admitted) answered.isPending = false;
			throw error;
		}
	}

	#closedAs({ row, attempts, isPending }: Answered): 'USED' | 'EXPIRED' | 'WITHDRAWN' | undefined {
		if (row.state === 'used') return 'USED';
		if (row.state === 'withdrawn') return 'WITHDRAWN';
		if (row.expires_at <= this.#options.timers.now()) return 'EXPIRED';
		if (attempts >= INVITATION_ATTEMPTS && !isPending) return 'USED';
		return undefined;
	}

	#busyAs({ isPending }: Answered): 'BUSY' | undefined {
		return isPending ? 'BUSY' : undefined;
	}

	async #read(): Promise<void> {
		const lists = await Promise.all(this.#options.allTables().map((tables) => tables.all('invitations')));
		const rows = lists.flat();
		if (this.#stopped) return;
		for (const row of rows) {
			if (row.secret.length !== 32) continue;
			const secret = invitationFromSeed(row.secret);
			const key = tagKey(secret.shared);
			const answered = this.#byTag.get(key) ?? { row, secret, attempts: 0, isPending: false };
			answered.row = row;
			this.#byTag.set(key, answered);
		}
		const ids = new Set(rows.map(({ id }) => id));
		for (const [key, answered] of this.#byTag) {
			const isOpen = ids.has(answered.row.id) && this.#closedAs(answered) === undefined;
			if (isOpen) answered.leave ??= waitAsHost(this.#options.transport, answered.secret.shared);
			else {
				answered.leave?.();
				answered.leave = undefined;
			}
			if (!ids.has(answered.row.id)) this.#byTag.delete(key);
		}
	}
}
