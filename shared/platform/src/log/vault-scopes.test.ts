/** Scopes of a vault: their keys hang on nothing of the account. */
import { expect, test } from 'vitest';
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { openFrom } from '../crypto/envelope.ts';
import { LABELS } from '../crypto/labels.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { loadSchema } from '../engine/schema.ts';
import { withRecords } from '../identity/card.ts';
import { signStatement } from '../identity/identity-record.ts';
import type { PersonKeys } from '../identity/person.ts';
import { newVaultKey, vaultPerson } from '../identity/vault-key.ts';
import { decodeAccessOp, type GrantOp } from '../protocol/access-op.ts';
import { encode } from '../protocol/cbor.ts';
import { epochSecrets } from '../protocol/epoch.ts';
import { openRecord, splitRecord } from '../protocol/record.ts';
import { deliver, openTestReplica, Random, TEST_SCHEMA, testClock, TestPerson } from '../testing/index.ts';

const APP = 'passwords';

async function alice() {
	await cryptoReady();
	const random = new Random(3);
	const bytes = (size: number) => random.bytes(size);
	const person = await new TestPerson('Alice', random, testClock()).device();
	const key = newVaultKey(bytes);
	const schema = loadSchema(TEST_SCHEMA, { vault: true });
	const { replica } = await openTestReplica({
		person: vaultPerson(person, key),
		app: APP,
		vault: key.id,
		schema,
		random,
		compress: false
	});
	return { replica, person, random, bytes };
}

/** The card of a person who has a vault of this key. */
function withVault(person: PersonKeys, publicKey: Uint8Array): Uint8Array {
	const statement = { type: 'VAULT_KEY', app: APP, version: 0, publicKey } as const;
	return withRecords(person.card, signStatement(person.identity, statement, person.device));
}

test('[K-22] the epoch of a shared vault is sealed to the vault of the other, and the keys of their account do not open it', async () => {
	const { replica, random, bytes } = await alice();
	const bob = await new TestPerson('Bob', random, testClock()).device();
	const bobVault = vaultPerson(bob, newVaultKey(bytes));
	const { scope, id } = replica.createScope('vault', { name: 'Family' });
	const refused = () => replica.grant(scope, bob.card, 'EDITOR');
	expect(refused).toThrow(/no vault/);
	replica.grant(scope, withVault(bob, bobVault.agreement.publicKey), 'EDITOR');

	const entry = replica.directory().find((known) => known.id === toHex(id))!;
	const { content } = epochSecrets(id, entry.key);
	const operations = replica
		.missing(entry.id, { access: [], data: [] }, 2 ** 20)
		.map(splitRecord)
		.filter(({ header }) => header.log === 'access')
		.map((record) => decodeAccessOp(openRecord(record, content)));
	const grant = operations.find((op): op is GrantOp => op.type === 'GRANT')!;
	const [[epoch, sealed]] = grant.body.epochKeys as [[number, Uint8Array]];
	const aad = encode([id, epoch]);
	expect(openFrom(bobVault.agreement, LABELS.sealEpochKey, aad, sealed)).toEqual(entry.key);
	for (const other of [bob.agreement, bob.deviceAgreement]) {
		expect(() => openFrom(other, LABELS.sealEpochKey, aad, sealed)).toThrow();
	}
});

test('[K-10] the personal scope of a vault is not that of the account, and two vaults of one person do not meet in one', async () => {
	const { replica, person, bytes } = await alice();
	const own = replica.personalEntry();
	const { replica: account } = await openTestReplica({ person, app: APP });
	const key = newVaultKey(bytes);
	const schema = loadSchema(TEST_SCHEMA, { vault: true });
	const { replica: second } = await openTestReplica({
		person: vaultPerson(person, key),
		app: APP,
		vault: key.id,
		schema
	});
	for (const other of [account.personalEntry(), second.personalEntry()]) {
		expect(other.id).not.toBe(own.id);
		expect(equalBytes(other.key, own.key)).toBe(false);
	}
	// One that was handed over is a scope of its own there, of the same person.
	const name = second.joinScope(own);
	expect(name).not.toBe(second.personalScope());
	expect(deliver(replica, second, own.id).refused).toEqual([]);
	expect(second.scopes()).toMatchObject([
		{ personal: true },
		{ scope: name, kind: 'user', role: 'OWNER', personal: false }
	]);
});

test('[K-10] how well content could be compressed does not show in the length of the records of a vault', async () => {
	const { replica, bytes } = await alice();
	const scope = replica.personalScope();
	const sizeOf = (data: Uint8Array): number => {
		const before = replica.frontier(replica.personalEntry().id);
		replica.run('INSERT INTO blocks (id, scope_id, data) VALUES (?, ?, ?)', [toHex(bytes(16)), scope, data]);
		return replica.missing(replica.personalEntry().id, before, 2 ** 20)[0]!.length;
	};
	sizeOf(bytes(10));
	expect(sizeOf(new Uint8Array(3000))).toBe(sizeOf(bytes(3000)));
});
