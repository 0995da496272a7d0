/**
 * How two devices that share a secret from a code or a link make sure that nobody stands between them: both screens
 * show four emojis of everything that was said, and people compare them before anything is given.
 *
 *     guest  HELLO   commitment = H(guest's ephemeral key, nonce, hash of its request)
 *     host   OFFER   host's ephemeral key, what the guest may see before a yes
 *     guest  REVEAL  ephemeral key, nonce, request sealed under K
 *            both show emojis(transcript); a person at the host compares and says yes or no
 *     host   ACCEPT  reply sealed under K        or  REFUSE reason
 *     guest  DONE
 *
 *     transcript = H(purpose, tag, both transport peer ids, commitment, all keys, nonce, offer)
 *     K          = HKDF(DH(ephemeral, ephemeral) [|| DH(guest's ephemeral, host's invitation key)], transcript)
 *     frame      = CBOR { tag, sealed: envelope under the secret's key, AAD = side and number of the message }
 *
 * Invariants:
 * 1. The guest is bound to its key and request before it sees the host's key; the host is bound before it sees the
 *    guest's. So nobody in the middle can try keys until the emojis fit: 24 bits are one chance in 16 million.
 * 2. A code serves one HELLO, an invitation five: who breaks off after seeing emojis that do not fit cannot go on trying.
 * 3. An invitation's host also proves the private half of the key in the link: who merely has the link cannot be host.
 */
import { agree, agreementKeyPair } from '../crypto/agreement.ts';
import { concatBytes, equalBytes, utf8 } from '../crypto/bytes.ts';
import { fingerprintEmojis } from '../crypto/emojis.ts';
import { open, seal } from '../crypto/envelope.ts';
import { CryptoError } from '../crypto/errors.ts';
import { hkdf, labelledHash, sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import type { KeyPair } from '../crypto/sign.ts';
import { bytes, bytesUpTo, decode, encode, map, oneOf, union, type Shape } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Timers } from '../protocol/timers.ts';
/** What the two speak over: a channel of the network, or a port between two pages of one machine. */
export interface Line {
	/** As of a channel: transport/transport.ts. */
	readonly closed: Promise<string | undefined>;
	send(message: Uint8Array): Promise<void>;
	onMessage(handler: (message: Uint8Array) => void): void;
	close(reason?: string): void;
}

/** Milliseconds that a step may take which waits for a machine, not for a person. */
const STEP = 30_000;

const REFUSALS = ['USED', 'BUSY', 'EXPIRED', 'WITHDRAWN', 'DECLINED', 'GARBLED', 'FAILED'] as const;

export type HandshakeProblem =
	/** One of those that the other side says. */
	| (typeof REFUSALS)[number]
	/** Nobody answers under this code or link. */
	| 'NOBODY'
	/** The connection ended. */
	| 'LOST'
	/** Given up on this device. */
	| 'CANCELLED';

const SENTENCES: Record<HandshakeProblem, string> = {
	USED: 'This code or link was used already. Ask for a new one.',
	BUSY: 'Somebody is just using this link. Try again in a minute.',
	EXPIRED: 'This code or link has expired. Ask for a new one.',
	WITHDRAWN: 'This invitation was withdrawn.',
	DECLINED: 'The other device said no.',
	GARBLED: 'The other device sent something that cannot be read. Both may need the newest version.',
	FAILED: 'The other device could not complete it.',
	NOBODY: 'No device answers. Check that the other one is open and connected, and that the code or link is right.',
	LOST: 'The connection to the other device was lost. Start again with a new code or link.',
	CANCELLED: 'It was given up on this device.'
};

export class HandshakeError extends Error {
	readonly code: HandshakeProblem;

	constructor(code: HandshakeProblem, options?: ErrorOptions) {
		super(SENTENCES[code], options);
		this.name = 'HandshakeError';
		this.code = code;
	}
}

const payload = bytesUpTo(LIMITS.handshake);
const messageSchema = union({
	HELLO: map({ type: oneOf('HELLO'), commitment: bytes(32) }),
	OFFER: map({ type: oneOf('OFFER'), ephemeral: bytes(32), offer: payload }),
	REVEAL: map({ type: oneOf('REVEAL'), ephemeral: bytes(32), nonce: bytes(32), sealed: payload }),
	ACCEPT: map({ type: oneOf('ACCEPT'), sealed: payload }),
	REFUSE: map({ type: oneOf('REFUSE'), code: oneOf(...REFUSALS) }),
	DONE: map({ type: oneOf('DONE') })
});
type Message = Shape<typeof messageSchema>;
type Of<T extends Message['type']> = Extract<Message, { type: T }>;

const frameSchema = map({ tag: bytes(32), sealed: bytesUpTo(2 * LIMITS.handshake) });

/** What both sides know before they speak. */
export interface HandshakeSecret {
	purpose: 'pairing' | 'invitation' | 'joining';
	/** Where they find each other, 32 bytes. */
	tag: Uint8Array;
	/** Seals every message, 32 bytes. */
	key: Uint8Array;
	/** Of an invitation: the one-time public key in the link. */
	hostKey?: Uint8Array;
}

/** Of two that meet through the network. */
export interface SharedSecret extends HandshakeSecret {
	purpose: 'pairing' | 'invitation';
}

export interface Ends {
	/** Transport peer ids; of two pages, their origins. */
	host: string;
	guest: string;
}

export interface HandshakePorts {
	timers: Timers;
	random: (length: number) => Uint8Array;
}

/** The tag that a guest's first frame names, so that a host with several open invitations finds the right one. */
export function tagOf(frame: Uint8Array): Uint8Array | undefined {
	try {
		return decode(frame, frameSchema, 4 * LIMITS.handshake).tag;
	} catch (error) {
		if (error instanceof ProtocolError) return undefined;
		throw error;
	}
}

/** One side's sealed messages on a channel, in order. Anything out of order or unreadable ends the channel. */
class Talk {
	readonly #channel: Line;
	readonly #secret: HandshakeSecret;
	readonly #side: 'host' | 'guest';
	readonly #timers: Timers;
	readonly #inbox: Uint8Array[];
	#wake: (() => void) | undefined;
	#sent = 0;
	#received = 0;
	#over: HandshakeError | undefined;

	constructor(
		channel: Line,
		secret: HandshakeSecret,
		side: 'host' | 'guest',
		timers: Timers,
		first: Uint8Array[] = []
	) {
		this.#channel = channel;
		this.#secret = secret;
		this.#side = side;
		this.#timers = timers;
		this.#inbox = first;
		channel.onMessage((message) => {
			this.#inbox.push(message);
			// A handshake has few messages; whoever sends more floods.
			if (this.#inbox.length > 4) this.end('GARBLED');
			this.#wake?.();
		});
		void channel.closed.then(() => this.#finish('LOST'));
	}

	async send(message: Message): Promise<void> {
		if (this.#over) throw this.#over;
		const sealed = seal(this.#secret.key, LABELS.handshakeMessage, aad(this.#side, this.#sent++), encode(message));
		try {
			await this.#channel.send(encode({ tag: this.#secret.tag, sealed }));
		} catch (cause) {
			throw new HandshakeError('LOST', { cause });
		}
	}

	/** The next message, which must be of this type; a REFUSE is thrown as what it says. Waits `within` ms at most. */
	async receive<T extends Message['type']>(type: T, within = STEP): Promise<Of<T>> {
		const message = this.#read(await this.#next(within));
		if (message.type === type) return message as Of<T>;
		const code = message.type === 'REFUSE' ? message.code : 'GARBLED';
		this.end(code);
		throw new HandshakeError(code);
	}

	/** Resolves when there is nothing more to wait for: the channel is over, or was given up. */
	get over(): Promise<void> {
		return this.#channel.closed.then(() => {});
	}

	/** Tells the other side why, then closes. */
	refuse(code: (typeof REFUSALS)[number]): void {
		this.send({ type: 'REFUSE', code }).then(
			() => this.end(code),
			() => this.end(code)
		);
	}

	end(code: HandshakeProblem): void {
		this.#finish(code);
		this.#channel.close();
	}

	#finish(code: HandshakeProblem): void {
		this.#over ??= new HandshakeError(code);
		this.#wake?.();
	}

	async #next(within: number): Promise<Uint8Array> {
		const cancel = this.#timers.after(within, () => this.end('LOST'));
		try {
			while (this.#inbox.length === 0) {
				if (this.#over) throw this.#over;
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
			}
			return this.#inbox.shift()!;
		} finally {
			cancel();
			this.#wake = undefined;
		}
	}

	#read(frame: Uint8Array): Message {
		try {
			const { tag, sealed } = decode(frame, frameSchema, 4 * LIMITS.handshake);
			if (!equalBytes(tag, this.#secret.tag)) throw new ProtocolError('WRONG_SHAPE', 'tag', 'of another secret');
			const other = this.#side === 'host' ? 'guest' : 'host';
			const content = open(this.#secret.key, LABELS.handshakeMessage, aad(other, this.#received++), sealed);
			return decode(content, messageSchema, 2 * LIMITS.handshake);
		} catch (error) {
			if (!(error instanceof ProtocolError || error instanceof CryptoError)) throw error;
			this.end('GARBLED');
			throw new HandshakeError('GARBLED', { cause: error });
		}
	}
}

/** A guest that has revealed itself and waits for a yes. */
export interface GuestRequest {
	request: Uint8Array;
	emojis: [string, string, string, string];
	/** Resolves when the guest is gone. */
	over: Promise<void>;
	/** Sends the reply and waits until the guest has it. Throws HandshakeError. */
	accept(reply: Uint8Array): Promise<void>;
	refuse(code: (typeof REFUSALS)[number]): void;
}

/**
 * The host's side, from the guest's first frame on, which was read already where the secret had to be found by it.
 * `admit` is asked once the HELLO proved the secret: whether it may still be used. Throws HandshakeError; the channel is then closed.
 */
export async function receiveGuest(
	channel: Line,
	firstFrame: Uint8Array | undefined,
	secret: HandshakeSecret,
	ends: Ends,
	host: { offer: Uint8Array; key?: KeyPair; admit: () => (typeof REFUSALS)[number] | undefined },
	ports: HandshakePorts
): Promise<GuestRequest> {
	const talk = new Talk(channel, secret, 'host', ports.timers, firstFrame && [firstFrame]);
	const { commitment } = await talk.receive('HELLO');
	const refusal = host.admit();
	if (refusal) {
		talk.refuse(refusal);
		throw new HandshakeError(refusal);
	}
	const ephemeral = agreementKeyPair(ports.random(32));
	await talk.send({ type: 'OFFER', ephemeral: ephemeral.publicKey, offer: host.offer });
	const reveal = await talk.receive('REVEAL');
	const transcript = transcriptOf(secret, ends, {
		commitment,
		host: ephemeral.publicKey,
		guest: reveal.ephemeral,
		nonce: reveal.nonce,
		offer: host.offer
	});
	try {
		const shared = [agree(ephemeral.secretKey, reveal.ephemeral)];
		if (host.key) shared.push(agree(host.key.secretKey, reveal.ephemeral));
		const key = hkdf(concatBytes(...shared), LABELS.handshakeKey, transcript);
		const request = open(key, LABELS.handshakeRequest, transcript, reveal.sealed);
		if (!equalBytes(commitment, commitmentOf(reveal.ephemeral, reveal.nonce, request))) {
			throw new CryptoError('DAMAGED', 'Another request than the one committed to');
		}
		return {
			request,
			emojis: emojisOf(transcript),
			over: talk.over,
			async accept(reply) {
				await talk.send({ type: 'ACCEPT', sealed: seal(key, LABELS.handshakeReply, transcript, reply) });
				await talk.receive('DONE');
				channel.close();
			},
			refuse: (code) => talk.refuse(code)
		};
	} catch (error) {
		if (!(error instanceof CryptoError)) throw error;
		talk.refuse('GARBLED');
		throw new HandshakeError('GARBLED', { cause: error });
	}
}

/** A host that has answered and whose person is being asked. */
export interface HostAnswer {
	/** What the host lets the guest see before a yes. */
	offer: Uint8Array;
	emojis: [string, string, string, string];
	/** The reply, when the person at the host says yes. Throws HandshakeError. */
	reply(within: number): Promise<Uint8Array>;
	/** Tells the host that the reply arrived and could be used. */
	done(): Promise<void>;
	/** Tells the host that the reply cannot be used here. */
	refuse(code: 'GARBLED' | 'FAILED'): void;
}

/** The guest's side. Throws HandshakeError; the channel is then closed. */
export async function approachHost(
	channel: Line,
	secret: HandshakeSecret,
	ends: Ends,
	request: Uint8Array,
	ports: HandshakePorts
): Promise<HostAnswer> {
	const talk = new Talk(channel, secret, 'guest', ports.timers);
	const ephemeral = agreementKeyPair(ports.random(32));
	const nonce = ports.random(32);
	const commitment = commitmentOf(ephemeral.publicKey, nonce, request);
	await talk.send({ type: 'HELLO', commitment });
	const { ephemeral: host, offer } = await talk.receive('OFFER');
	const transcript = transcriptOf(secret, ends, { commitment, host, guest: ephemeral.publicKey, nonce, offer });
	let key: Uint8Array;
	try {
		const shared = [agree(ephemeral.secretKey, host)];
		if (secret.hostKey) shared.push(agree(ephemeral.secretKey, secret.hostKey));
		key = hkdf(concatBytes(...shared), LABELS.handshakeKey, transcript);
	} catch (error) {
		talk.end('GARBLED');
		throw new HandshakeError('GARBLED', { cause: error });
	}
	const sealed = seal(key, LABELS.handshakeRequest, transcript, request);
	await talk.send({ type: 'REVEAL', ephemeral: ephemeral.publicKey, nonce, sealed });
	return {
		offer,
		emojis: emojisOf(transcript),
		async reply(within) {
			const accept = await talk.receive('ACCEPT', within);
			try {
				return open(key, LABELS.handshakeReply, transcript, accept.sealed);
			} catch (error) {
				talk.refuse('GARBLED');
				throw new HandshakeError('GARBLED', { cause: error });
			}
		},
		async done() {
			await talk.send({ type: 'DONE' });
			channel.close();
		},
		refuse: (code) => talk.refuse(code)
	};
}

interface Spoken {
	commitment: Uint8Array;
	host: Uint8Array;
	guest: Uint8Array;
	nonce: Uint8Array;
	offer: Uint8Array;
}

function transcriptOf(secret: HandshakeSecret, ends: Ends, spoken: Spoken): Uint8Array {
	const { purpose, tag, hostKey } = secret;
	const content = encode({
		purpose,
		tag,
		hostKey,
		hostPeer: utf8(ends.host),
		guestPeer: utf8(ends.guest),
		...spoken
	});
	return labelledHash(LABELS.handshakeTranscript, content);
}

/** Covers the request, so that the emojis do too: its author is bound to it before the host's key is known. */
function commitmentOf(ephemeral: Uint8Array, nonce: Uint8Array, request: Uint8Array): Uint8Array {
	return labelledHash(LABELS.handshakeCommitment, ephemeral, nonce, sha256(request));
}

function emojisOf(transcript: Uint8Array): [string, string, string, string] {
	return fingerprintEmojis(labelledHash(LABELS.handshakeEmojis, transcript));
}

function aad(side: 'host' | 'guest', number: number): Uint8Array {
	return encode({ side, number });
}
