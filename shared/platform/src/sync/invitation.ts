/**
 * Invitations: a link that leads another person to a scope, in a role, once a person at the inviting device has compared
 * four emojis and said yes.
 *
 *     link     := <page>#<base64url of CBOR { v, key, secret }>
 *     key      one-time public key; its private half stays with the inviting person's devices
 *     secret   16 random bytes: where to meet, and the seal on every message
 *
 * The link alone opens nothing: who has it may ask, and sees who invites. It cannot pose as the inviter either, since
 * that takes the private half of `key`.
 *
 *     request := CBOR { v, card, name }        of who asks, sealed to the inviter by the handshake
 *     reply   := CBOR { v, scope, app, kind, name, role, epoch, key, card, inviter }
 */
import { agreementKeyPair } from '../crypto/agreement.ts';
import { fromBase64url, toBase64url } from '../crypto/bytes.ts';
import { hkdf } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import type { KeyPair } from '../crypto/sign.ts';
import { verifyCard, type IdentityCard } from '../identity/card.ts';
import { ROLES } from '../protocol/access-op.ts';
import { bytes, bytesUpTo, decode, encode, int, map, oneOf, text, version, type Shape } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS, MOST_INTEGER } from '../protocol/limits.ts';
import {
	approachHost,
	HandshakeError,
	receiveGuest,
	type HandshakePorts,
	type SharedSecret
} from './emoji-handshake.ts';
import { findHost } from './meeting.ts';
import type { Channel, Transport } from './transport/transport.ts';

/** Milliseconds that an invitation lives. */
export const INVITATION_LIFETIME = 7 * 24 * 3600_000;
/** How often somebody may begin with one invitation: connections break, but nobody shall try until emojis fit. */
export const INVITATION_ATTEMPTS = 5;
/** Milliseconds that somebody with a link looks for the inviter's device. */
const SEARCH = 60_000;
/** Milliseconds that somebody waits for a person to compare emojis. */
const PATIENCE = 30 * 60_000;

const linkSchema = map({ v: version(1), key: bytes(32), secret: bytes(16) });
const requestSchema = map({ v: version(1), card: bytesUpTo(LIMITS.card), name: text(LIMITS.name) });
const offerSchema = map({ v: version(1), inviter: text(LIMITS.name), role: oneOf(...ROLES) });
const replySchema = map({
	v: version(1),
	/** True id. */
	scope: bytes(32),
	app: text(LIMITS.identifier),
	kind: text(LIMITS.identifier),
	name: text(LIMITS.name),
	role: oneOf(...ROLES),
	epoch: int(0, MOST_INTEGER),
	key: bytes(32),
	/** The inviter's card and what they call themselves. */
	card: bytesUpTo(LIMITS.card),
	inviter: text(LIMITS.name)
});

/** What a confirmed guest is given. */
export type InvitationReply = Omit<Shape<typeof replySchema>, 'v'>;
export type InvitationOffer = Omit<Shape<typeof offerSchema>, 'v'>;

/** The private side of an invitation: all of it follows from one seed of 32 bytes. */
export interface InvitationSecret {
	seed: Uint8Array;
	key: KeyPair;
	shared: SharedSecret;
}

export function invitationFromSeed(seed: Uint8Array): InvitationSecret {
	const key = agreementKeyPair(hkdf(seed, LABELS.invitationKey));
	return { seed, key, shared: sharedSecret(key.publicKey, linkSecretOf(seed)) };
}

/** `page`: where it is used, such as `https://slf.example/notes/join`. */
export function invitationLink(page: string, { seed, key }: InvitationSecret): string {
	const fragment = toBase64url(encode({ v: 1, key: key.publicKey, secret: linkSecretOf(seed) }));
	return `${page}#${fragment}`;
}

/** Undefined when it is not an invitation, was cut off or altered. */
export function readInvitationLink(link: string): SharedSecret | undefined {
	try {
		const fragment = link.slice(link.lastIndexOf('#') + 1).trim();
		const { key, secret } = decode(fromBase64url(fragment), linkSchema, 256);
		return sharedSecret(key, secret);
	} catch (error) {
		if (error instanceof SyntaxError || error instanceof ProtocolError) return undefined;
		throw error;
	}
}

function linkSecretOf(seed: Uint8Array): Uint8Array {
	return hkdf(seed, LABELS.invitationTag, undefined, 16);
}

function sharedSecret(hostKey: Uint8Array, secret: Uint8Array): SharedSecret {
	return {
		purpose: 'invitation',
		tag: hkdf(secret, LABELS.invitationTag, hostKey),
		key: hkdf(secret, LABELS.invitationKey, hostKey),
		hostKey
	};
}

/** Somebody with the link who waits for a yes. */
export interface PersonRequest {
	card: Uint8Array;
	verified: IdentityCard;
	/** What they call themselves. Not verified. */
	name: string;
	emojis: [string, string, string, string];
	over: Promise<void>;
	/** Hands over the scope, after the grant is made. Throws HandshakeError. */
	accept(reply: InvitationReply): Promise<void>;
	refuse(code: 'DECLINED' | 'FAILED' | 'WITHDRAWN' | 'EXPIRED'): void;
}

/**
 * The inviter's side, from the first frame on. `admit` says why the invitation cannot be used any more, if it cannot.
 * Throws HandshakeError; the guest has then been told why.
 */
export async function receiveInvited(
	channel: Channel,
	firstFrame: Uint8Array,
	invitation: InvitationSecret,
	offer: InvitationOffer,
	admit: () => 'USED' | 'BUSY' | 'EXPIRED' | 'WITHDRAWN' | undefined,
	ports: HandshakePorts & { transport: Transport }
): Promise<PersonRequest> {
	const ends = { host: ports.transport.peerId, guest: channel.peerId };
	const host = { offer: encode({ v: 1, ...offer }), key: invitation.key, admit };
	const guest = await receiveGuest(channel, firstFrame, invitation.shared, ends, host, ports);
	try {
		const { card, name } = decode(guest.request, requestSchema, LIMITS.handshake);
		const verified = verifyCard(card);
		if (!verified.ok) throw new ProtocolError('WRONG_SHAPE', 'card', verified.reason);
		return {
			card,
			verified,
			name,
			emojis: guest.emojis,
			over: guest.over,
			accept: (reply) => guest.accept(encode({ v: 1, ...reply })),
			refuse: (code) => guest.refuse(code)
		};
	} catch (cause) {
		if (!(cause instanceof ProtocolError)) throw cause;
		guest.refuse('GARBLED');
		throw new HandshakeError('GARBLED', { cause });
	}
}

export interface InvitedPorts extends HandshakePorts {
	transport: Transport;
	/** Own card, and the name to show. */
	card: Uint8Array;
	name: string;
	/** Takes the scope in. */
	join: (reply: InvitationReply, inviter: IdentityCard) => Promise<void>;
}

/**
 * The guest's side. `onEmojis` is told what to show once the inviter's device is found. Resolves with the reply when the
 * scope is here; throws HandshakeError, and then nothing has changed here.
 */
export async function useInvitation(
	secret: SharedSecret,
	ports: InvitedPorts,
	onEmojis: (emojis: [string, string, string, string], offer: InvitationOffer) => void,
	signal: AbortSignal
): Promise<InvitationReply> {
	const { transport, timers } = ports;
	const channel = await findHost(transport, secret, SEARCH, timers, signal);
	const onAbort = (): void => channel.close('given up');
	signal.addEventListener('abort', onAbort);
	try {
		const ends = { host: channel.peerId, guest: transport.peerId };
		const request = encode({ v: 1, card: ports.card, name: ports.name });
		const host = await approachHost(channel, secret, ends, request, ports);
		const unusable = (code: 'GARBLED' | 'FAILED', cause: unknown): HandshakeError => {
			host.refuse(code);
			return new HandshakeError(code, { cause });
		};
		let reply: InvitationReply;
		let inviter: IdentityCard;
		try {
			const { v: _, ...offer } = decode(host.offer, offerSchema, LIMITS.handshake);
			onEmojis(host.emojis, offer);
			const { v: __, ...given } = decode(await host.reply(PATIENCE), replySchema, LIMITS.handshake);
			const verified = verifyCard(given.card);
			if (!verified.ok) throw new ProtocolError('WRONG_SHAPE', 'card', verified.reason);
			if (given.role !== offer.role) throw new ProtocolError('WRONG_SHAPE', 'role', 'not the one offered');
			[reply, inviter] = [given, verified];
		} catch (error) {
			if (error instanceof ProtocolError) throw unusable('GARBLED', error);
			throw error;
		}
		try {
			await ports.join(reply, inviter);
		} catch (error) {
			throw unusable('FAILED', error);
		}
		await host.done().catch(() => {});
		return reply;
	} catch (error) {
		if (signal.aborted) throw new HandshakeError('CANCELLED', { cause: error });
		throw error;
	} finally {
		signal.removeEventListener('abort', onAbort);
	}
}
