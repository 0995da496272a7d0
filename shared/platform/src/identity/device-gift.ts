/**
 * What a device hands to one that it adds: the account keys and the card that now names it, sealed to the agreement key
 * that the new device made for this. No words and no root key: a paired device can add others, not replace the words.
 */
import { openFrom, sealTo } from '../crypto/envelope.ts';
import { LABELS } from '../crypto/labels.ts';
import type { KeyPair } from '../crypto/sign.ts';
import { bool, bytes, bytesUpTo, decode, encode, int, map, text, version, type Shape } from '../protocol/cbor.ts';
import { LIMITS, MOST_INTEGER } from '../protocol/limits.ts';

/** What a device says of itself to be added. Public. */
const introductionSchema = map({
	v: version(1),
	device: bytes(32),
	agreement: bytes(32),
	name: text(LIMITS.name),
	runsOn: text(LIMITS.name),
	place: bytes(16)
});

const giftSchema = map({
	v: version(1),
	card: bytesUpTo(LIMITS.card),
	wraps: bytesUpTo(LIMITS.card),
	accountKey: bytes(32),
	generation: int(0, MOST_INTEGER),
	accountKey0: bytes(32),
	wordsConfirmed: bool
});

export type DeviceIntroduction = Omit<Shape<typeof introductionSchema>, 'v'>;
export type DeviceGift = Omit<Shape<typeof giftSchema>, 'v'>;

export const encodeIntroduction = (introduction: DeviceIntroduction): Uint8Array => encode({ v: 1, ...introduction });

/** Throws ProtocolError. */
export function decodeIntroduction(received: Uint8Array): DeviceIntroduction {
	const { v: _, ...introduction } = decode(received, introductionSchema, LIMITS.identityRecord);
	return introduction;
}

/** Sealed to the introduction, so that it fits no other device. */
export function sealGift(gift: DeviceGift, introduction: DeviceIntroduction): Uint8Array {
	const aad = encodeIntroduction(introduction);
	return sealTo(introduction.agreement, LABELS.sealPairing, aad, encode({ v: 1, ...gift }));
}

/** Throws CryptoError or ProtocolError. */
export function openGift(sealed: Uint8Array, introduction: DeviceIntroduction, agreement: KeyPair): DeviceGift {
	const content = openFrom(agreement, LABELS.sealPairing, encodeIntroduction(introduction), sealed);
	const { v: _, ...gift } = decode(content, giftSchema, LIMITS.profileFile);
	return gift;
}
