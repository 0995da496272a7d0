/**
 * Pairing: a device that belongs to the person shows a code, a new one enters it, both show four emojis, the first one
 * confirms, and the new one becomes a device of the same person without ever seeing the words.
 *
 *     code := 16 characters of base32 (80 random bits) and 4 that check them, in groups of four
 *     link := <origin>/<app>/pair#<code>       the fragment never leaves the browser
 *     tag, key = HKDF(code bits, 'slf/v1/pair/tag' | 'slf/v1/pair/key')
 *
 * A code lives five minutes and serves one attempt (T25). The relay sees the tag; 80 bits are too many to find the code
 * from it. What is given, and that it fits this new device only, is identity/device-gift.ts.
 */
import { fromBase32, toBase32 } from '../crypto/bytes.ts';
import { hkdf, labelledHash } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { decodeIntroduction, type DeviceIntroduction } from '../identity/device-gift.ts';
import { ProtocolError } from '../protocol/errors.ts';
import {
	approachHost,
	HandshakeError,
	receiveGuest,
	type GuestRequest,
	type HandshakePorts,
	type SharedSecret
} from './emoji-handshake.ts';
import { findHost, waitAsHost } from './meeting.ts';
import type { Channel, Transport } from './transport/transport.ts';

/** Milliseconds that a code lives. */
export const CODE_LIFETIME = 5 * 60_000;
/** Milliseconds that a new device looks for the one that shows the code. */
const SEARCH = 45_000;
const CODE_BYTES = 10;
const CODE_CHARACTERS = 16;
const CHECK_CHARACTERS = 4;

/** A fresh code, such as `7QZC-0M3K-9WXA-HT2B-E5RD`. */
export function createCode(random: (length: number) => Uint8Array): string {
	const body = toBase32(random(CODE_BYTES));
	return (body + checkOf(body)).match(/.{4}/g)!.join('-');
}

/**
 * The secret of a code as people type it, or of a link with the code in its fragment. Undefined when it cannot be a
 * code: a character was mistyped or is missing.
 */
export function readCode(codeOrLink: string): SharedSecret | undefined {
	const typed = codeOrLink.includes('#') ? codeOrLink.slice(codeOrLink.lastIndexOf('#') + 1) : codeOrLink;
	let body: string;
	let check: string;
	try {
		// Through bytes and back: the one spelling of what may have been typed in many ways.
		const plain = typed.replace(/[\s-]/g, '');
		body = toBase32(fromBase32(plain.slice(0, CODE_CHARACTERS)));
		check = plain.slice(CODE_CHARACTERS).toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1');
	} catch {
		return undefined;
	}
	if (body.length !== CODE_CHARACTERS || check !== checkOf(body)) return undefined;
	const bits = fromBase32(body);
	return { purpose: 'pairing', tag: hkdf(bits, LABELS.pairingTag), key: hkdf(bits, LABELS.pairingKey) };
}

function checkOf(body: string): string {
	return toBase32(labelledHash(LABELS.pairingCheck, fromBase32(body))).slice(0, CHECK_CHARACTERS);
}

/** A new device that waits for a yes. */
export interface DeviceRequest {
	introduction: DeviceIntroduction;
	emojis: [string, string, string, string];
	over: Promise<void>;
	/** Adds the device and gives it what it needs. Throws HandshakeError, or what `addDevice` throws. */
	accept(): Promise<void>;
	decline(): void;
}

export interface PairingHostPorts extends HandshakePorts {
	transport: Transport;
	/** Adds the introduced device to the identity, and seals the gift for it (identity/profile.ts). */
	addDevice: (introduction: Uint8Array) => Promise<{ gift: Uint8Array }>;
}

/** A code that this device shows. */
export class PairingHost {
	readonly code: string;
	readonly secret: SharedSecret;
	/** Milliseconds since 1970. */
	readonly expiresAt: number;
	readonly #ports: PairingHostPorts;
	readonly #leave: () => void;
	readonly #cancelExpiry: () => void;
	readonly #onEnd: () => void;
	#state: 'open' | 'used' | 'expired' | 'withdrawn' = 'open';

	/** @param onEnd the code serves no longer: it was used, it expired, or it was withdrawn */
	constructor(ports: PairingHostPorts, onEnd: () => void) {
		this.#ports = ports;
		this.#onEnd = onEnd;
		this.code = createCode(ports.random);
		this.secret = readCode(this.code)!;
		this.expiresAt = ports.timers.now() + CODE_LIFETIME;
		this.#leave = waitAsHost(ports.transport, this.secret);
		this.#cancelExpiry = ports.timers.after(CODE_LIFETIME, () => {
			this.#end('expired');
			onEnd();
		});
	}

	/** A device dialled and named this code's tag. Resolves when it waits for a yes. Throws HandshakeError. */
	async meet(channel: Channel, firstFrame: Uint8Array): Promise<DeviceRequest> {
		const ends = { host: this.#ports.transport.peerId, guest: channel.peerId };
		const host = { offer: new Uint8Array(0), admit: () => this.#admit() };
		const guest = await receiveGuest(channel, firstFrame, this.secret, ends, host, this.#ports);
		return this.#requestOf(guest);
	}

	withdraw(): void {
		this.#end('withdrawn');
	}

	#admit(): 'USED' | 'EXPIRED' | 'WITHDRAWN' | undefined {
		if (this.#state === 'used') return 'USED';
		if (this.#state === 'withdrawn') return 'WITHDRAWN';
		if (this.#state === 'expired' || this.#ports.timers.now() >= this.expiresAt) return 'EXPIRED';
		this.#end('used');
		this.#onEnd();
		return undefined;
	}

	#end(state: 'used' | 'expired' | 'withdrawn'): void {
		if (this.#state !== 'open') return;
		this.#state = state;
		this.#cancelExpiry();
		this.#leave();
	}

	#requestOf(guest: GuestRequest): DeviceRequest {
		const { request, emojis, over } = guest;
		let introduction: DeviceIntroduction;
		try {
			introduction = decodeIntroduction(request);
		} catch (cause) {
			if (!(cause instanceof ProtocolError)) throw cause;
			guest.refuse('GARBLED');
			throw new HandshakeError('GARBLED', { cause });
		}
		return {
			introduction,
			emojis,
			over,
			accept: async () => {
				if (this.#ports.timers.now() >= this.expiresAt) {
					guest.refuse('EXPIRED');
					throw new HandshakeError('EXPIRED');
				}
				try {
					const { gift } = await this.#ports.addDevice(request);
					await guest.accept(gift);
				} catch (error) {
					if (!(error instanceof HandshakeError)) guest.refuse('FAILED');
					throw error;
				}
			},
			decline: () => guest.refuse('DECLINED')
		};
	}
}

export interface PairingGuestPorts extends HandshakePorts {
	transport: Transport;
	/** Makes the device's keys and says what to tell of them. */
	introduce: () => Promise<Uint8Array>;
	/** Becomes the person's device with the gift. */
	adopt: (introduction: Uint8Array, gift: Uint8Array) => Promise<void>;
	/** Forgets the keys again. */
	withdraw: (introduction: Uint8Array) => Promise<void>;
}

/**
 * The new device's side. `onEmojis` is told what to show once the other device is found. Resolves when this device
 * belongs to the person; throws HandshakeError, and then nothing has changed here.
 */
export async function enterPairing(
	secret: SharedSecret,
	ports: PairingGuestPorts,
	onEmojis: (emojis: [string, string, string, string]) => void,
	signal: AbortSignal
): Promise<void> {
	const { transport, timers } = ports;
	const introduction = await ports.introduce();
	try {
		const channel = await findHost(transport, secret, SEARCH, timers, signal);
		const onAbort = (): void => channel.close('given up');
		signal.addEventListener('abort', onAbort);
		try {
			const ends = { host: channel.peerId, guest: transport.peerId };
			const host = await approachHost(channel, secret, ends, introduction, ports);
			onEmojis(host.emojis);
			const gift = await host.reply(CODE_LIFETIME);
			try {
				await ports.adopt(introduction, gift);
			} catch (cause) {
				host.refuse('GARBLED');
				throw new HandshakeError('GARBLED', { cause });
			}
			// The gift is here and kept: that the other device does not hear of it changes nothing.
			await host.done().catch(() => {});
		} finally {
			signal.removeEventListener('abort', onAbort);
		}
	} catch (error) {
		await ports.withdraw(introduction);
		if (signal.aborted) throw new HandshakeError('CANCELLED', { cause: error });
		throw error;
	}
}
