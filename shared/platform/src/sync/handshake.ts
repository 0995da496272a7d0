/**
 * The beginning of a session: both sides prove which device they are, over exactly this connection.
 *
 *     -> VERSION, HELLO      <- VERSION, HELLO      both at once
 *     -> PROOF               <- PROOF
 *
 * Invariants
 * - Nothing about scopes is said before the other's proof was checked.
 * - A proof holds for one pair of transport peer ids and one pair of nonces: a HELLO that somebody passes on proves
 *   nothing about them (T86).
 * - Everything out of order ends the session.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, verify } from '../crypto/sign.ts';
import type { KeyPair } from '../crypto/sign.ts';
import { verifyCard } from '../identity/card.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { SESSION_LEAST, SESSION_VERSION, proofStatement } from '../protocol/session.ts';
import type { SessionEnd, SessionMessage } from '../protocol/session.ts';

/** Who this device is. */
export interface SelfProof {
	/** Identity card, encoded. */
	card: Uint8Array;
	device: KeyPair;
}

/** Who the other side has proven to be. */
export interface PeerProof {
	identity: Uint8Array;
	/** What the person calls themselves; may be empty. */
	personName: string;
	/** Device public key. */
	device: Uint8Array;
	deviceName: string;
	card: Uint8Array;
}

/** The other side speaks no version that this build does. */
export class VersionError extends Error {
	/** True if it is this build that must be updated. */
	readonly weAreOld: boolean;

	constructor(speaks: number, weAreOld: boolean) {
		super(
			weAreOld
				? `the other device speaks version ${speaks}: update this one`
				: `the other device speaks version ${speaks}: it needs at least ${SESSION_LEAST}, update it`
		);
		this.name = 'VersionError';
		this.weAreOld = weAreOld;
	}
}

export class Handshake {
	readonly #send: (message: SessionMessage) => void;
	readonly #self: SelfProof;
	readonly local: SessionEnd;
	readonly #remotePeerId: string;
	#version: number | undefined;
	#claim: (PeerProof & { nonce: Uint8Array }) | undefined;

	/** @param nonce 32 fresh random bytes */
	constructor(
		self: SelfProof,
		ends: { localPeerId: string; remotePeerId: string; nonce: Uint8Array },
		send: (message: SessionMessage) => void
	) {
		this.#self = self;
		this.#send = send;
		this.local = { peerId: ends.localPeerId, nonce: ends.nonce };
		this.#remotePeerId = ends.remotePeerId;
	}

	get remote(): SessionEnd {
		if (!this.#claim) throw new Error('the other side has not said hello');
		return { peerId: this.#remotePeerId, nonce: this.#claim.nonce };
	}

	start(): void {
		this.#send({ type: 'VERSION', speaks: SESSION_VERSION, least: SESSION_LEAST });
		const { card, device } = this.#self;
		this.#send({ type: 'HELLO', card, device: device.publicKey, nonce: this.local.nonce });
	}

	/**
	 * Takes one message of the handshake. Returns who the other is when that is proven.
	 * @throws VersionError, ProtocolError
	 */
	receive(message: SessionMessage): PeerProof | undefined {
		switch (message.type) {
			case 'VERSION':
				if (this.#version !== undefined) throw outOfOrder(message.type);
				this.#agree(message.speaks, message.least);
				return undefined;
			case 'HELLO':
				if (this.#version === undefined || this.#claim) throw outOfOrder(message.type);
				this.#hear(message.card, message.device, message.nonce);
				return undefined;
			case 'PROOF':
				if (!this.#claim) throw outOfOrder(message.type);
				return this.#check(message.signature);
			default:
				throw outOfOrder(message.type);
		}
	}

	#agree(speaks: number, least: number): void {
		const version = Math.min(speaks, SESSION_VERSION);
		if (version < SESSION_LEAST) throw new VersionError(speaks, false);
		if (version < least) throw new VersionError(speaks, true);
		this.#version = version;
	}

	#hear(card: Uint8Array, device: Uint8Array, nonce: Uint8Array): void {
		const verified = verifyCard(card);
		if (!verified.ok) throw new ProtocolError('WRONG_SHAPE', 'card', verified.reason);
		const certified = verified.devices.get(toHex(device));
		if (!certified) throw new ProtocolError('WRONG_SHAPE', 'device', 'not on the card of its person');
		// A mirror of our own hello would let somebody have us prove ourselves to us.
		if (equalBytes(nonce, this.local.nonce)) throw new ProtocolError('WRONG_SHAPE', 'nonce', 'our own');
		const { identity, name } = verified;
		this.#claim = { identity, personName: name, device, deviceName: certified.name, card, nonce };
		const statement = proofStatement(this.#version as number, this.#self.device.publicKey, this.local, this.remote);
		this.#send({ type: 'PROOF', signature: sign(LABELS.signHello, statement, this.#self.device.secretKey) });
	}

	#check(signature: Uint8Array): PeerProof {
		const claim = this.#claim as PeerProof;
		const statement = proofStatement(this.#version as number, claim.device, this.remote, this.local);
		if (!verify(LABELS.signHello, statement, signature, claim.device)) {
			throw new ProtocolError(
				'BAD_SIGNATURE',
				'proof',
				'not by the device that said hello, or not for this connection'
			);
		}
		const { identity, personName, device, deviceName, card } = claim;
		return { identity, personName, device, deviceName, card };
	}
}

function outOfOrder(type: string): ProtocolError {
	return new ProtocolError('WRONG_SHAPE', 'type', `${type} does not belong here`);
}
