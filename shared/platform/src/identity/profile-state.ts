/**
 * The profile file: who this installation is.
 *
 *     profile := CBOR { v, current: part, former: part or null }
 *     part    := { card: bytes, wraps: bytes, sealed: bytes }
 *     sealed  := envelope under the device's key, label 'slf/v1/seal/profile', AAD = identity; content: CBOR of Secrets
 *
 * Card and wrap set are public and lie open, so that the words can restore the identity when the device's key is lost.
 * `former` is the identity that was here before words or a pairing replaced it; it stays until its rows have moved, so
 * that a crash in between loses nothing.
 */
import { agreementKeyPair } from '../crypto/agreement.ts';
import { open, seal } from '../crypto/envelope.ts';
import { CryptoError } from '../crypto/errors.ts';
import { LABELS } from '../crypto/labels.ts';
import { signingKeyPair } from '../crypto/sign.ts';
import {
	array,
	bool,
	bytes,
	bytesUpTo,
	decode,
	encode,
	map,
	nullable,
	text,
	version,
	type Shape
} from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import { personAgreementKey, type AccountKey } from './account-key.ts';
import { encodeCard, mergeCards, verifyCard, type IdentityCard } from './card.ts';
import { signStatement, type DeviceAdd } from './identity-record.ts';
import type { PersonKeys } from './person.ts';
import { ProfileError } from './profile-store.ts';
import { rootFromWords, type Root } from './root.ts';
import { openWrap, readWrapSet, signWrapSet, wrapEntry } from './wrap-set.ts';

const partSchema = map({
	card: bytesUpTo(LIMITS.card),
	wraps: bytesUpTo(LIMITS.card),
	sealed: bytesUpTo(LIMITS.card)
});

const profileSchema = map({ v: version(1), current: partSchema, former: nullable(partSchema) });

const secretsSchema = map({
	v: version(1),
	/** Seeds of the device's signing and agreement keys. */
	device: bytes(32),
	deviceAgreement: bytes(32),
	/** Account key of generation 0. The one in use is in the wrap set. */
	accountKey0: bytes(32),
	/** The 12 words, until they are confirmed and not to be kept. */
	words: nullable(array(text(16), 12, 12)),
	wordsConfirmed: bool,
	deviceName: text(LIMITS.name),
	runsOn: text(LIMITS.name),
	place: bytes(16)
});

export type ProfilePart = Shape<typeof partSchema>;
export type ProfileFile = { current: ProfilePart; former: ProfilePart | null };
export type Secrets = Omit<Shape<typeof secretsSchema>, 'v'>;

/** What a device says of itself before it belongs to anybody. */
export interface DeviceDescription {
	deviceName: string;
	runsOn: string;
	place: Uint8Array;
}

/** One identity on this installation, opened. */
export interface ProfileState {
	card: Uint8Array;
	verified: IdentityCard;
	wraps: Uint8Array;
	account: AccountKey;
	secrets: Secrets;
}

export interface Ports {
	/** Milliseconds since 1970. */
	now: () => number;
	random: (length: number) => Uint8Array;
}

export function encodeProfile(file: ProfileFile): Uint8Array {
	return encode({ v: 1, ...file });
}

/** Throws a ProfileError. */
export function decodeProfile(file: Uint8Array): ProfileFile {
	try {
		const { current, former } = decode(file, profileSchema, LIMITS.profileFile);
		return { current, former };
	} catch (error) {
		if (!(error instanceof ProtocolError)) throw error;
		if (error.code === 'UNKNOWN_VERSION') {
			throw new ProfileError('NEWER', 'The profile on this device was written by a newer version', { cause: error });
		}
		throw damaged(error);
	}
}

/** Seals a state for the file. */
export function sealPart(state: ProfileState, deviceKey: Uint8Array): ProfilePart {
	const content = encode({ v: 1, ...state.secrets });
	const sealed = seal(deviceKey, LABELS.sealProfile, state.verified.identity, content);
	return { card: state.card, wraps: state.wraps, sealed };
}

/** Opens a part with the device's key. Throws a ProfileError. */
export function openPart(part: ProfilePart, deviceKey: Uint8Array): ProfileState {
	const verified = verifyCard(part.card);
	if (!verified.ok) throw new ProfileError('DAMAGED', `The identity card on this device: ${verified.reason}`);
	try {
		const content = open(deviceKey, LABELS.sealProfile, verified.identity, part.sealed);
		const { v: _, ...secrets } = decode(content, secretsSchema, LIMITS.profileFile);
		const wraps = readWrapSet(part.wraps, verified);
		const device = signingKeyPair(secrets.device);
		const account = openWrap(wraps, 'device', device.publicKey, deviceKey);
		return { card: part.card, verified, wraps: part.wraps, account, secrets };
	} catch (error) {
		if (error instanceof CryptoError && error.code === 'WRONG_KEY') {
			throw new ProfileError('DEVICE_KEY_LOST', 'The key of this device does not open its profile', { cause: error });
		}
		if (error instanceof CryptoError || error instanceof ProtocolError) throw damaged(error);
		throw error;
	}
}

/**
 * The state of words on a device that has none of this identity yet: at the first start, and when words are restored.
 * The root signs the device, which may add further ones. `present` is a card of the same identity found on the way.
 */
export function stateFromWords(
	words: string[],
	confirmed: { confirmed: boolean; keep: boolean },
	description: DeviceDescription,
	deviceKey: Uint8Array,
	ports: Ports,
	present?: { card: Uint8Array; wraps: Uint8Array }
): ProfileState {
	const root = rootFromWords(words);
	const secrets: Secrets = {
		device: ports.random(32),
		deviceAgreement: ports.random(32),
		accountKey0: root.accountKey,
		words: confirmed.confirmed && !confirmed.keep ? null : words,
		wordsConfirmed: confirmed.confirmed,
		...description
	};
	const device = signingKeyPair(secrets.device);
	const add: Omit<DeviceAdd, 'v' | 'identity'> = {
		type: 'DEVICE_ADD',
		device: device.publicKey,
		agreement: agreementKeyPair(secrets.deviceAgreement).publicKey,
		name: description.deviceName,
		runsOn: description.runsOn,
		place: description.place,
		delegate: true,
		time: ports.now()
	};
	const agreement = personAgreementKey(root.accountKey).publicKey;
	const records = [
		signStatement(root.identity, add, root.sign),
		signStatement(root.identity, { type: 'AGREEMENT', generation: 0, publicKey: agreement }, root.sign)
	];
	const card = mergeInto(encodeCard(root.genesis, records), present?.card);
	const verified = verifyCard(card);
	if (!verified.ok) throw new Error(`A card of our own making is invalid: ${verified.reason}`);

	const { account, version: wrapVersion } = accountFromWords(root, verified, present?.wraps);
	const wraps = signWrapSet(
		{
			identity: root.identity,
			version: wrapVersion + 1,
			generation: account.generation,
			entries: [
				wrapEntry('words', root.identity, root.wrapKey, root.identity, account),
				wrapEntry('device', device.publicKey, deviceKey, root.identity, account)
			]
		},
		device
	);
	return { card, verified, wraps, account, secrets };
}

/** The newest account key that the words open: that of a wrap set if one is here, else generation 0. */
function accountFromWords(root: Root, card: IdentityCard, wraps: Uint8Array | undefined) {
	if (wraps) {
		try {
			const set = readWrapSet(wraps, card);
			return { account: openWrap(set, 'words', root.identity, root.wrapKey), version: set.version };
		} catch (error) {
			if (!(error instanceof ProtocolError || error instanceof CryptoError)) throw error;
		}
	}
	return { account: { generation: 0, key: root.accountKey }, version: 0 };
}

function mergeInto(card: Uint8Array, other: Uint8Array | undefined): Uint8Array {
	return (other && mergeCards(card, other)) ?? card;
}

export function personOf(state: ProfileState): PersonKeys {
	const { secrets, verified } = state;
	return {
		identity: verified.identity,
		card: state.card,
		name: verified.name,
		device: signingKeyPair(secrets.device),
		deviceAgreement: agreementKeyPair(secrets.deviceAgreement),
		agreement: personAgreementKey(secrets.accountKey0),
		accountKey: state.account.key,
		accountGeneration: state.account.generation,
		accountKey0: secrets.accountKey0
	};
}

function damaged(cause: Error): ProfileError {
	return new ProfileError('DAMAGED', 'The profile on this device cannot be read', { cause });
}
