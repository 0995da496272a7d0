/**
 * The keys that this installation made for becoming somebody's device, until the gift comes or it comes to nothing.
 * They are in memory alone: a crash before the gift is kept leaves nothing behind.
 */
import { agreementKeyPair } from '../crypto/agreement.ts';
import { toHex } from '../crypto/bytes.ts';
import { signingKeyPair } from '../crypto/sign.ts';
import { verifyCard, type IdentityCard } from './card.ts';
import {
	decodeIntroduction,
	encodeIntroduction,
	openGift,
	type DeviceGift,
	type DeviceIntroduction
} from './device-gift.ts';
import type { ProfileState, Secrets } from './profile-state.ts';
import { ProfileError } from './profile-store.ts';
import { readWrapSet, signWrapSet, wrapEntry, type WrapSet } from './wrap-set.ts';

interface NewDevice {
	introduction: DeviceIntroduction;
	device: Uint8Array;
	deviceAgreement: Uint8Array;
}

/** A gift whose every part was checked. */
export interface OpenedGift {
	gift: DeviceGift;
	verified: IdentityCard;
	wraps: WrapSet;
	newcomer: NewDevice;
}

export class Introductions {
	readonly #random: (length: number) => Uint8Array;
	readonly #runsOn: string;
	/** By hex of the public key. */
	readonly #open = new Map<string, NewDevice>();

	constructor({ random, runsOn }: { random: (length: number) => Uint8Array; runsOn: string }) {
		this.#random = random;
		this.#runsOn = runsOn;
	}

	/** Makes keys, and what to say of them. */
	introduce(name: string, place: Uint8Array): Uint8Array {
		const [device, deviceAgreement] = [this.#random(32), this.#random(32)];
		const introduction: DeviceIntroduction = {
			device: signingKeyPair(device).publicKey,
			agreement: agreementKeyPair(deviceAgreement).publicKey,
			name,
			runsOn: this.#runsOn,
			place
		};
		this.#open.set(toHex(introduction.device), { introduction, device, deviceAgreement });
		return encodeIntroduction(introduction);
	}

	/** Forgets the keys of an introduction that was used, or came to nothing. */
	withdraw(introduction: Uint8Array): void {
		this.#open.delete(toHex(decodeIntroduction(introduction).device));
	}

	/** Opens the gift for one of these devices. Throws ProtocolError, CryptoError, or ProfileError when it is not for us. */
	openGift(introduction: Uint8Array, sealed: Uint8Array): OpenedGift {
		const key = toHex(decodeIntroduction(introduction).device);
		const newcomer = this.#open.get(key);
		if (!newcomer) throw new ProfileError('NOT_ENTITLED', 'There is no pairing under way for this gift');
		const gift = openGift(sealed, newcomer.introduction, agreementKeyPair(newcomer.deviceAgreement));
		const verified = verifyCard(gift.card);
		if (!verified.ok) throw new ProfileError('NOT_ENTITLED', `The card in the gift: ${verified.reason}`);
		if (!verified.devices.has(key))
			throw new ProfileError('NOT_ENTITLED', 'The card in the gift does not name this device');
		return { gift, verified, wraps: readWrapSet(gift.wraps, verified), newcomer };
	}
}

/**
 * The profile of a device that was given its identity. What it is called and which machine it is on is what the card
 * says: an installation that joined another on the same machine is there told both.
 */
export function stateFromGift(
	{ gift, verified, wraps: given, newcomer }: OpenedGift,
	deviceKey: Uint8Array
): ProfileState {
	const account = { generation: gift.generation, key: gift.accountKey };
	const device = signingKeyPair(newcomer.device);
	const own = verified.devices.get(toHex(device.publicKey))!;
	const wraps = signWrapSet(
		{
			...given,
			version: given.version + 1,
			entries: [
				...given.entries.filter((entry) => entry.type !== 'device'),
				wrapEntry('device', device.publicKey, deviceKey, verified.identity, account)
			]
		},
		device
	);
	const secrets: Secrets = {
		device: newcomer.device,
		deviceAgreement: newcomer.deviceAgreement,
		accountKey0: gift.accountKey0,
		words: null,
		wordsConfirmed: gift.wordsConfirmed,
		deviceName: own.name,
		runsOn: own.runsOn,
		place: own.place
	};
	return { card: gift.card, verified, wraps, account, secrets };
}
