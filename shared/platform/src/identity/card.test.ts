import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, signingKeyPair, type KeyPair } from '../crypto/sign.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { encode } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { databaseKeyring } from './account-key.ts';
import { encodeCard, mergeCards, verifyCard, withRecords, type IdentityCard } from './card.ts';
import { signStatement, type Statement } from './identity-record.ts';
import { rootFromWords, type Root } from './root.ts';
import { createWords } from './words.ts';
import { openWrap, readWrapSet, signWrapSet, wrapEntry, type WrapSet } from './wrap-set.ts';

let root: Root;
let phone: KeyPair;
let laptop: KeyPair;
let stranger: KeyPair;
let agreement: Uint8Array;

beforeAll(async () => {
	await cryptoReady();
	root = rootFromWords(createWords(new Uint8Array(16).fill(5)));
	[phone, laptop, stranger] = [1, 2, 3].map((n) => signingKeyPair(new Uint8Array(32).fill(n))) as [
		KeyPair,
		KeyPair,
		KeyPair
	];
	agreement = signStatement(
		root.identity,
		{ type: 'AGREEMENT', generation: 0, publicKey: new Uint8Array(32).fill(8) },
		root.sign
	);
});

function add(device: KeyPair, delegate: boolean, signer: KeyPair, name = 'device'): Uint8Array {
	const statement: Statement = {
		type: 'DEVICE_ADD',
		device: device.publicKey,
		agreement: new Uint8Array(32),
		name,
		runsOn: 'test',
		place: new Uint8Array(16),
		delegate,
		time: 5
	};
	return signStatement(root.identity, statement, signer);
}

function named(name: string, version: number, signer: KeyPair): Uint8Array {
	return signStatement(root.identity, { type: 'NAME', name, version }, signer);
}

function valid(card: Uint8Array): IdentityCard {
	const verdict = verifyCard(card);
	if (!verdict.ok) throw new Error(verdict.reason);
	return verdict;
}

describe('identity card [I-3]', () => {
	test('names identity, devices, agreement key and name, in whatever order the records came', () => {
		const records = [
			agreement,
			add(phone, true, root.sign, 'phone'),
			add(laptop, false, phone, 'laptop'),
			named('Ada', 1, laptop)
		];
		fc.assert(
			fc.property(fc.shuffledSubarray(records, { minLength: 4 }), (shuffled) => {
				const card = encodeCard(root.genesis, [...shuffled, shuffled[0]!]);
				expect(toHex(card)).toBe(toHex(encodeCard(root.genesis, records)));
			})
		);
		const card = valid(encodeCard(root.genesis, records));
		expect(card.identity).toEqual(root.identity);
		expect(card.rootKey).toEqual(root.sign.publicKey);
		expect([...card.devices.values()].map((device) => device.name).sort()).toEqual(['laptop', 'phone']);
		expect(card).toMatchObject({ name: 'Ada', nameVersion: 1, agreementKey: new Uint8Array(32).fill(8) });
	});

	test('[K-24] any device certifies the agreement key of a vault, beside that of the account; the newest counts for each app', () => {
		const key = (app: string, version: number, byte: number, signer: KeyPair) =>
			signStatement(
				root.identity,
				{ type: 'VAULT_KEY', app, version, publicKey: new Uint8Array(32).fill(byte) },
				signer
			);
		const base = encodeCard(root.genesis, [agreement, add(phone, false, root.sign)]);
		const card = withRecords(
			base,
			key('passwords', 1, 1, phone),
			key('passwords', 2, 2, phone),
			key('other', 1, 3, phone)
		);
		const { vaultKeys, agreementKey } = valid(card);
		expect(vaultKeys.get('passwords')).toMatchObject({ version: 2, publicKey: new Uint8Array(32).fill(2) });
		expect(vaultKeys.get('other')).toMatchObject({ version: 1, publicKey: new Uint8Array(32).fill(3) });
		expect(agreementKey).toEqual(new Uint8Array(32).fill(8));
		// What was replaced is not carried along.
		expect(toHex(withRecords(card, key('passwords', 1, 1, phone)))).toBe(toHex(card));
		expect(verifyCard(withRecords(base, key('passwords', 1, 1, stranger))).ok).toBe(false);
	});

	test('a device that a stranger, a device without delegation, or nobody known added makes the card invalid', () => {
		const ok = [agreement, add(phone, false, root.sign)];
		expect(verifyCard(encodeCard(root.genesis, ok)).ok).toBe(true);
		for (const signer of [stranger, phone, laptop]) {
			// `laptop` would be adding itself; `phone` may not delegate.
			expect(verifyCard(encodeCard(root.genesis, [...ok, add(laptop, true, signer)])).ok).toBe(false);
		}
	});

	test("two devices that vouch for each other only are nobody's", () => {
		const card = encodeCard(root.genesis, [agreement, add(phone, true, laptop), add(laptop, true, phone)]);
		expect(verifyCard(card).ok).toBe(false);
	});

	test('a stranger can neither name the person nor change the agreement key', () => {
		const ok = [agreement, add(phone, false, root.sign)];
		const newKey: Statement = { type: 'AGREEMENT', generation: 1, publicKey: new Uint8Array(32) };
		expect(verifyCard(encodeCard(root.genesis, [...ok, named('Eve', 9, stranger)])).ok).toBe(false);
		expect(verifyCard(encodeCard(root.genesis, [...ok, signStatement(root.identity, newKey, stranger)])).ok).toBe(
			false
		);
		expect(verifyCard(encodeCard(root.genesis, [...ok, signStatement(root.identity, newKey, phone)])).ok).toBe(false);
		expect(
			valid(encodeCard(root.genesis, [...ok, signStatement(root.identity, newKey, root.sign)])).agreementGeneration
		).toBe(1);
	});

	test('T22 a record of another identity does not fit', () => {
		const other = rootFromWords(createWords(new Uint8Array(16).fill(6)));
		const foreign = signStatement(other.identity, { type: 'NAME', name: 'x', version: 1 }, root.sign);
		expect(verifyCard(encodeCard(root.genesis, [agreement, foreign]))).toMatchObject({ ok: false });
		expect(verifyCard(encodeCard(other.genesis, [agreement]))).toMatchObject({ ok: false });
	});

	test("every flipped bit makes the card invalid or somebody else's", () => {
		const card = encodeCard(root.genesis, [agreement, add(phone, true, root.sign)]);
		for (let bit = 0; bit < card.length * 8; bit++) {
			const altered = card.slice();
			altered[bit >> 3]! ^= 1 << (bit & 7);
			expect(verifyCard(altered).ok, `bit ${bit}`).toBe(false);
		}
	});

	test('a statement of a later version makes the card unreadable here, since it might take a device away', () => {
		const body = encode({ v: 1, type: 'DEVICE_REVOKE', identity: root.identity, device: phone.publicKey });
		const revoke = encode({
			body,
			signer: root.sign.publicKey,
			signature: sign(LABELS.signIdentityRecord, body, root.sign.secretKey)
		});
		expect(verifyCard(encodeCard(root.genesis, [agreement, add(phone, true, root.sign), revoke])).ok).toBe(false);
	});

	test('garbage is refused with a reason, never with an exception', () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => verifyCard(bytes).ok === false));
		expect(verifyCard(new Uint8Array(100_000))).toMatchObject({ ok: false });
	});

	test('of two names the higher version counts, of equal versions the same one everywhere', () => {
		const names = [named('Ada', 1, phone), named('Ada L.', 2, phone), named('A. Lovelace', 2, root.sign)];
		const base = [agreement, add(phone, false, root.sign)];
		const merged = valid(encodeCard(root.genesis, [...base, ...names]));
		expect(merged.nameVersion).toBe(2);
		expect(valid(encodeCard(root.genesis, [...base, ...names.toReversed()])).name).toBe(merged.name);
	});

	test('cards of one identity merge to the same card in either order; those of two people do not', () => {
		const base = encodeCard(root.genesis, [agreement, add(phone, true, root.sign)]);
		const one = withRecords(base, add(laptop, false, phone));
		const two = withRecords(base, named('Ada', 1, phone));
		expect(mergeCards(one, two)).toEqual(mergeCards(two, one));
		expect(valid(mergeCards(one, two)!)).toMatchObject({ name: 'Ada' });
		expect(valid(mergeCards(one, two)!).devices.size).toBe(2);
		const other = rootFromWords(createWords(new Uint8Array(16).fill(6)));
		const theirs = encodeCard(other.genesis, [
			signStatement(other.identity, { type: 'AGREEMENT', generation: 0, publicKey: new Uint8Array(32) }, other.sign)
		]);
		expect(mergeCards(base, theirs)).toBeUndefined();
		expect(mergeCards(base, utf8('garbage'))).toBeUndefined();
	});
});

describe('wrap set [I-4]', () => {
	const deviceKey = new Uint8Array(32).fill(9);
	const account = { generation: 3, key: new Uint8Array(32).fill(4) };
	let card: IdentityCard;
	let set: WrapSet;
	beforeAll(() => {
		card = valid(encodeCard(root.genesis, [agreement, add(phone, true, root.sign)]));
		set = {
			identity: root.identity,
			version: 2,
			generation: 3,
			entries: [
				wrapEntry('words', root.identity, root.wrapKey, root.identity, account),
				wrapEntry('device', phone.publicKey, deviceKey, root.identity, account)
			]
		};
	});
	const codeOf = (action: () => unknown): string => {
		try {
			action();
		} catch (error) {
			if (error instanceof CryptoError || error instanceof ProtocolError) return error.code;
			throw error;
		}
		return 'no error';
	};

	test('the words and the device each open the same account key; anything else does not', () => {
		const read = readWrapSet(signWrapSet(set, phone), card);
		expect(openWrap(read, 'words', root.identity, root.wrapKey)).toEqual(account);
		expect(openWrap(read, 'device', phone.publicKey, deviceKey)).toEqual(account);
		expect(codeOf(() => openWrap(read, 'device', phone.publicKey, root.wrapKey))).toBe('WRONG_KEY');
		expect(codeOf(() => openWrap(read, 'words', phone.publicKey, root.wrapKey))).toBe('WRONG_KEY');
	});

	test('T17 an older version than the one last seen is refused', () => {
		expect(readWrapSet(signWrapSet(set, phone), card, 2).version).toBe(2);
		expect(codeOf(() => readWrapSet(signWrapSet(set, phone), card, 3))).toBe('WRONG_SHAPE');
	});

	test('T02 a wrap set that a server put together is refused, whoever signed it', () => {
		expect(codeOf(() => readWrapSet(signWrapSet(set, stranger), card))).toBe('BAD_SIGNATURE');
		const signed = signWrapSet(set, phone);
		for (let bit = 0; bit < signed.length * 8; bit += 3) {
			const altered = signed.slice();
			altered[bit >> 3]! ^= 1 << (bit & 7);
			expect(
				codeOf(() => readWrapSet(altered, card)),
				`bit ${bit}`
			).not.toBe('no error');
		}
	});

	test('T14 an entry moved to another identity, generation, kind or name does not open', () => {
		const [words, device] = set.entries as [WrapSet['entries'][0], WrapSet['entries'][0]];
		const moved = (change: Partial<WrapSet>, entry = device): string =>
			codeOf(() => openWrap({ ...set, ...change, entries: [entry] }, 'device', entry.id, deviceKey));
		expect(moved({})).toBe('no error');
		expect(moved({ identity: new Uint8Array(32) })).toBe('WRONG_KEY');
		expect(moved({ generation: 4 })).toBe('WRONG_KEY');
		expect(moved({}, { ...device, id: stranger.publicKey })).toBe('WRONG_KEY');
		expect(moved({}, { ...words, type: 'device' })).toBe('WRONG_KEY');
	});
});

test('a database key opens with the account key of its generation, for its own database only [I-5]', () => {
	const ring = databaseKeyring({ generation: 0, key: root.accountKey });
	const [id, key] = [new Uint8Array(16).fill(1), new Uint8Array(32).fill(2)];
	const { wrap, generation } = ring.wrap(key, id);
	expect(wrap.length).toBeLessThanOrEqual(872);
	expect(ring.unwrap(wrap, generation, id)).toEqual(key);
	expect(() => ring.unwrap(wrap, generation, new Uint8Array(16))).toThrow(CryptoError);
	expect(() => ring.unwrap(wrap, 1, id)).toThrow('account key 1');
	expect(() => databaseKeyring({ generation: 0, key }).unwrap(wrap, 0, id)).toThrow(CryptoError);
});
