/**
 * What the two custodians say over the port of a join (protocol/joining.ts): the emoji handshake of a pairing, between
 * two installations on one machine.
 *
 * There is no secret in common to begin with: the browser says which origin is at the other end, and the frames' key,
 * which follows from the two origins, is no secret. What is given is sealed under the ephemeral keys that the emojis
 * cover, to the key that the newcomer made for this.
 *
 * Nothing is left half: the suite's certificate for the newcomer travels inside the gift, and the suite keeps it only
 * when the newcomer said that it has kept the gift. If that word is lost, the newcomer shows its certificate itself.
 */
import { utf8 } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { hkdf } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { decodeIntroduction, type DeviceIntroduction } from '../identity/device-gift.ts';
import { ProfileError } from '../identity/profile-store.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { JOIN_LIFETIME, type JoinProblem } from '../protocol/joining.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { PortLike } from '../protocol/link.ts';
import type { Origins } from '../protocol/origins.ts';
import {
	approachHost,
	HandshakeError,
	receiveGuest,
	type HandshakePorts,
	type HandshakeProblem,
	type HandshakeSecret,
	type Line
} from './emoji-handshake.ts';

export class JoinError extends Error {
	readonly code: JoinProblem;

	constructor(code: JoinProblem, options?: ErrorOptions) {
		super(code, options);
		this.name = 'JoinError';
		this.code = code;
	}
}

const PROBLEMS: Record<HandshakeProblem, JoinProblem> = {
	USED: 'GARBLED',
	BUSY: 'GARBLED',
	WITHDRAWN: 'CLOSED',
	EXPIRED: 'EXPIRED',
	DECLINED: 'DECLINED',
	GARBLED: 'GARBLED',
	FAILED: 'FAILED',
	NOBODY: 'LOST',
	LOST: 'LOST',
	CANCELLED: 'CANCELLED'
};

/** A handshake's failure as one of a join; defects stay what they are. */
function asJoinError(error: unknown): unknown {
	return error instanceof HandshakeError ? new JoinError(PROBLEMS[error.code], { cause: error }) : error;
}

/** Both origins are in everything that is said, and so in the emojis. */
function handshakeSecret({ suite, vault }: Origins): HandshakeSecret {
	const pair = utf8(`${suite} ${vault}`);
	return { purpose: 'joining', tag: hkdf(pair, LABELS.joiningTag), key: hkdf(pair, LABELS.joiningKey) };
}

const endsOf = ({ suite, vault }: Origins) => ({ host: suite, guest: vault });

/** One end of the port. A message that is not bytes, or too many of them, ends it. */
class PortLine implements Line {
	readonly closed: Promise<string | undefined>;
	readonly #port: PortLike;
	readonly #early: Uint8Array[] = [];
	#handler: ((message: Uint8Array) => void) | undefined;
	#settle!: (reason: string | undefined) => void;
	#isOver = false;

	constructor(port: PortLike) {
		this.#port = port;
		this.closed = new Promise((resolve) => (this.#settle = resolve));
		port.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
	}

	async send(message: Uint8Array): Promise<void> {
		if (this.#isOver) throw new Error('The port is closed');
		this.#port.postMessage(message);
	}

	onMessage(handler: (message: Uint8Array) => void): void {
		this.#handler = handler;
		for (const message of this.#early.splice(0)) handler(message);
	}

	/** The other side is told by a message: not every browser says that a port was closed. */
	close(reason?: string): void {
		if (this.#isOver) return;
		this.#port.postMessage(null);
		this.#end(reason);
	}

	#receive(data: unknown): void {
		if (data === null) return this.#end('closed by the other side');
		if (!(data instanceof Uint8Array) || data.length > 4 * LIMITS.handshake) return this.close('not understood');
		if (this.#handler) this.#handler(data);
		else if (this.#early.push(data) > 4) this.close('flooded');
	}

	#end(reason: string | undefined): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#port.onmessage = null;
		this.#port.close();
		this.#settle(reason);
	}
}

/** The vault's installation, waiting for a yes on the suite's page. */
export interface VaultRequest {
	introduction: DeviceIntroduction;
	emojis: [string, string, string, string];
	/** Resolves when there is nothing left to answer, with the reason if it was not answered. */
	over: Promise<JoinProblem>;
	/** Resolves when the vault has kept what it was given. Throws JoinError, or what `certify` throws. */
	accept(): Promise<void>;
	decline(): void;
	/** The page that could have answered is gone. */
	withdraw(): void;
}

export interface JoinHostPorts extends HandshakePorts {
	/** Makes the newcomer's certificate and the gift that holds it (Profile.certifyNeighbour). Keeps nothing. */
	certify: (introduction: Uint8Array) => { gift: Uint8Array; card: Uint8Array };
	/** Takes the certificate into the own card. */
	keep: (card: Uint8Array) => Promise<unknown>;
}

/** The suite's side, from the port on. Resolves when there are emojis to compare. Throws JoinError. */
export async function receiveVault(port: PortLike, origins: Origins, ports: JoinHostPorts): Promise<VaultRequest> {
	const { timers } = ports;
	const line = new PortLine(port);
	const expiresAt = timers.now() + JOIN_LIFETIME;
	const isExpired = (): boolean => timers.now() >= expiresAt;
	try {
		const host = { offer: new Uint8Array(0), admit: () => undefined };
		const guest = await receiveGuest(line, undefined, handshakeSecret(origins), endsOf(origins), host, ports);
		const introduction = readIntroduction(guest.request);
		if (!introduction) {
			guest.refuse('GARBLED');
			throw new HandshakeError('GARBLED');
		}
		let isExpiring = false;
		const cancelExpiry = timers.after(expiresAt - timers.now(), () => {
			isExpiring = true;
			guest.refuse('EXPIRED');
		});
		void line.closed.then(cancelExpiry);
		return {
			introduction,
			emojis: guest.emojis,
			over: line.closed.then(() => (isExpiring ? 'EXPIRED' : 'CANCELLED')),
			async accept() {
				cancelExpiry();
				try {
					if (isExpired()) {
						guest.refuse('EXPIRED');
						throw new HandshakeError('EXPIRED');
					}
					const { gift, card } = ports.certify(guest.request);
					await guest.accept(gift);
					await ports.keep(card);
				} catch (error) {
					if (!(error instanceof HandshakeError)) guest.refuse('FAILED');
					throw asJoinError(error);
				}
			},
			decline: () => guest.refuse('DECLINED'),
			withdraw: () => guest.refuse('WITHDRAWN')
		};
	} catch (error) {
		throw asJoinError(error);
	}
}

function readIntroduction(request: Uint8Array): DeviceIntroduction | undefined {
	try {
		return decodeIntroduction(request);
	} catch (error) {
		if (error instanceof ProtocolError) return undefined;
		throw error;
	}
}

const isOfTheGift = (error: unknown): boolean =>
	error instanceof ProtocolError || error instanceof CryptoError || error instanceof ProfileError;

export interface JoinGuestPorts extends HandshakePorts {
	/** Makes the installation's keys and says what to tell of them. */
	introduce: () => Promise<Uint8Array>;
	/** Becomes the person's installation with the gift. */
	adopt: (introduction: Uint8Array, gift: Uint8Array) => Promise<void>;
	/** Forgets the keys again. */
	withdraw: (introduction: Uint8Array) => Promise<void>;
}

/**
 * The vault's side. `onEmojis` is told what to show. Resolves when this installation belongs to the person; throws
 * JoinError, and then nothing has changed here.
 */
export async function joinSuite(
	port: PortLike,
	origins: Origins,
	ports: JoinGuestPorts,
	onEmojis: (emojis: [string, string, string, string]) => void,
	signal: AbortSignal
): Promise<void> {
	const line = new PortLine(port);
	const expiresAt = ports.timers.now() + JOIN_LIFETIME;
	const introduction = await ports.introduce();
	const onAbort = (): void => line.close('given up');
	signal.addEventListener('abort', onAbort);
	try {
		const host = await approachHost(line, handshakeSecret(origins), endsOf(origins), introduction, ports);
		onEmojis(host.emojis);
		// The host says EXPIRED itself; a moment more, so that it is that and not LOST.
		const gift = await host.reply(expiresAt - ports.timers.now() + 2000);
		try {
			await ports.adopt(introduction, gift);
		} catch (cause) {
			// A gift that is none, or this machine's own fault: a full disk.
			const code = isOfTheGift(cause) ? 'GARBLED' : 'FAILED';
			host.refuse(code);
			throw new HandshakeError(code, { cause });
		}
		// The gift is here and kept: that the suite does not hear of it changes nothing.
		await host.done().catch(() => {});
	} catch (error) {
		await ports.withdraw(introduction);
		line.close();
		if (signal.aborted) throw new JoinError('CANCELLED', { cause: error });
		throw asJoinError(error);
	} finally {
		signal.removeEventListener('abort', onAbort);
	}
}
