/**
 * The identity card: everything that others need in order to believe who a device belongs to. Public, and verifiable
 * from itself: genesis gives identity and root key, the records give devices, agreement key and name.
 *
 *     card := CBOR { v, genesis: bytes, records: [bytes, ...] }   records in the order of their hashes, each once
 *
 * Who may say what, whatever the order of records:
 * 1. The root may say everything.
 * 2. A device that the root or a valid delegate added with `delegate` may add devices and agreement keys.
 * 3. Any valid device may say the name, and the agreement key of a vault: what unlocks that vault is none of the other
 *    devices' business, so it cannot be theirs to certify either.
 * A record that nobody entitled signed makes the whole card invalid: an honest card holds none. So does a statement of
 * a later version, which might take back what this version believes.
 */
import { compareBytes, equalBytes, toHex } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import { array, bytesUpTo, decode, encode, map, version } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import { readIdentityRecord, type DeviceAdd, type IdentityRecord } from './identity-record.ts';
import { readGenesis } from './root.ts';

const cardSchema = map({
	v: version(1),
	genesis: bytesUpTo(256),
	records: array(bytesUpTo(LIMITS.identityRecord), LIMITS.identityRecords)
});

export interface CardDevice {
	publicKey: Uint8Array;
	agreementKey: Uint8Array;
	name: string;
	runsOn: string;
	place: Uint8Array;
	delegate: boolean;
	/** When it was added, milliseconds since 1970 by the clock of who added it. For display only. */
	addedAt: number;
}

export interface IdentityCard {
	ok: true;
	/** 32 bytes. */
	identity: Uint8Array;
	rootKey: Uint8Array;
	/** By hex of their public key. */
	devices: Map<string, CardDevice>;
	/** The person's newest agreement key. */
	agreementKey: Uint8Array;
	agreementGeneration: number;
	/** What the person calls themselves; empty until they said. */
	name: string;
	/** Version of the name; -1 until they said. */
	nameVersion: number;
	/** By app: the agreement key of the person's vault. */
	vaultKeys: Map<string, { publicKey: Uint8Array; version: number }>;
}

export interface CardProblem {
	ok: false;
	/** A sentence for logs; it quotes nothing of the card. */
	reason: string;
}

export function encodeCard(genesis: Uint8Array, records: readonly Uint8Array[]): Uint8Array {
	const byHash = new Map(records.map((record) => [toHex(sha256(record)), record]));
	const sorted = [...byHash].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
	return encode({ v: 1, genesis, records: sorted });
}

/** Never throws: a card comes from strangers. */
export function verifyCard(card: Uint8Array): IdentityCard | CardProblem {
	try {
		return judge(card);
	} catch (error) {
		if (error instanceof ProtocolError) return { ok: false, reason: error.message };
		throw error;
	}
}

/**
 * One card with the records of both. Both must be valid and of one identity; else `undefined`. A set union of valid
 * cards is valid, since nobody loses a right by more records.
 */
export function mergeCards(a: Uint8Array, b: Uint8Array): Uint8Array | undefined {
	const [left, right] = [verifyCard(a), verifyCard(b)];
	if (!left.ok || !right.ok || !equalBytes(left.identity, right.identity)) return undefined;
	const [first, second] = [decodeCard(a), decodeCard(b)];
	const merged = encodeCard(first.genesis, withoutReplaced([...first.records, ...second.records]));
	return verifyCard(merged).ok ? merged : undefined;
}

/** Adds records to one's own card. */
export function withRecords(card: Uint8Array, ...records: Uint8Array[]): Uint8Array {
	const { genesis, records: present } = decodeCard(card);
	return encodeCard(genesis, withoutReplaced([...present, ...records]));
}

/** Without what a newer one replaces: else a card would grow with every renaming until it is too large. */
function withoutReplaced(records: readonly Uint8Array[]): Uint8Array[] {
	const read = records.map((bytes) => ({ bytes, ...readIdentityRecord(bytes) }));
	const newest = new Map<string, { version: number; hash: Uint8Array }>();
	for (const { statement, hash } of read) {
		const key = replacedBy(statement);
		if (key === undefined) continue;
		const { version } = statement as { version: number };
		const other = newest.get(key);
		const isNewer =
			!other || version > other.version || (version === other.version && compareBytes(hash, other.hash) < 0);
		if (isNewer) newest.set(key, { version, hash });
	}
	const isKept = ({ statement, hash }: IdentityRecord): boolean => {
		const key = replacedBy(statement);
		return key === undefined || equalBytes(hash, newest.get(key)!.hash);
	};
	return read.filter(isKept).map(({ bytes }) => bytes);
}

/** Of statements with the same key the one of the highest version counts, then that of the lowest hash. */
function replacedBy(statement: IdentityRecord['statement']): string | undefined {
	if (statement.type === 'NAME') return 'name';
	return statement.type === 'VAULT_KEY' ? `vault ${statement.app}` : undefined;
}

function decodeCard(card: Uint8Array) {
	return decode(card, cardSchema, LIMITS.card);
}

function judge(card: Uint8Array): IdentityCard | CardProblem {
	const { genesis, records: encoded } = decodeCard(card);
	const { identity, rootSign } = readGenesis(genesis);
	const records = encoded.map(readIdentityRecord);
	for (const [i, record] of records.entries()) {
		if (!equalBytes(record.statement.identity, identity)) return { ok: false, reason: 'A record of another identity' };
		if (i > 0 && compareBytes(records[i - 1]!.hash, record.hash) >= 0) {
			return { ok: false, reason: 'Records out of order or repeated' };
		}
	}

	const devices = judgeDevices(records, rootSign);
	const mayAdd = (signer: Uint8Array): boolean =>
		equalBytes(signer, rootSign) || devices.get(toHex(signer))?.delegate === true;
	let agreement: { generation: number; publicKey: Uint8Array } | undefined;
	let name = { name: '', version: -1 };
	const vaultKeys: IdentityCard['vaultKeys'] = new Map();
	for (const { statement, signer } of records) {
		// Records come in the order of their hashes, so of equal versions the lowest hash counts.
		if (statement.type === 'NAME' || statement.type === 'VAULT_KEY') {
			if (!mayAdd(signer) && !devices.has(toHex(signer))) return notEntitled;
			if (statement.type === 'NAME') {
				if (statement.version > name.version) name = statement;
			} else if (statement.version > (vaultKeys.get(statement.app)?.version ?? -1)) {
				vaultKeys.set(statement.app, statement);
			}
		} else {
			if (!mayAdd(signer)) return notEntitled;
			if (statement.type === 'AGREEMENT' && statement.generation > (agreement?.generation ?? -1)) agreement = statement;
		}
	}
	if (!agreement) return { ok: false, reason: 'No agreement key' };
	return {
		ok: true,
		identity,
		rootKey: rootSign,
		devices,
		agreementKey: agreement.publicKey,
		agreementGeneration: agreement.generation,
		name: name.name,
		nameVersion: name.version,
		vaultKeys
	};
}

const notEntitled: CardProblem = { ok: false, reason: 'A record by somebody who may not say it' };

/** Devices that the root added, then those that delegates among them added, until no more come. */
function judgeDevices(records: readonly IdentityRecord[], rootSign: Uint8Array): Map<string, CardDevice> {
	const devices = new Map<string, CardDevice>();
	let waiting: { statement: DeviceAdd; signer: Uint8Array }[] = [];
	for (const { statement, signer } of records) {
		if (statement.type === 'DEVICE_ADD') waiting.push({ statement, signer });
	}
	for (let found = true; found;) {
		found = false;
		const left: typeof waiting = [];
		for (const record of waiting) {
			const { statement, signer } = record;
			if (!equalBytes(signer, rootSign) && devices.get(toHex(signer))?.delegate !== true) {
				left.push(record);
				continue;
			}
			found = true;
			const key = toHex(statement.device);
			const before = devices.get(key);
			// Added twice: the right to add, once given, stays; the rest is as the first record says.
			if (before) before.delegate ||= statement.delegate;
			else devices.set(key, deviceOf(statement));
		}
		waiting = left;
	}
	return devices;
}

function deviceOf(statement: DeviceAdd): CardDevice {
	return {
		publicKey: statement.device,
		agreementKey: statement.agreement,
		name: statement.name,
		runsOn: statement.runsOn,
		place: statement.place,
		delegate: statement.delegate,
		addedAt: statement.time
	};
}
