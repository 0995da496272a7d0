import { argon2Sync, createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { valueOf } from '../domain/portable.ts';
import { inspectFile, readFile } from './read-file.ts';
import { textFile } from './testing/files-node.ts';

const plain = {
	encrypted: false,
	folders: [{ id: 'f1', name: 'Work/Clients' }],
	items: [
		{
			type: 1,
			name: 'Mail',
			folderId: 'f1',
			favorite: true,
			notes: 'words',
			creationDate: '2020-01-02T03:04:05.000Z',
			revisionDate: '2024-01-02T03:04:05.000Z',
			deletedDate: null,
			reprompt: 1,
			login: {
				username: 'ann',
				password: 'secret',
				totp: 'GEZD GNBV GY3T QOJQ',
				passwordRevisionDate: '2023-01-02T03:04:05.000Z',
				uris: [
					{ uri: 'https://a.example', match: null },
					{ uri: 'https://b.example', match: 3 },
					{ uri: '^https://.*', match: 4 }
				],
				fido2Credentials: [{ rpId: 'a.example', keyValue: 'MIG' }]
			},
			passwordHistory: [{ lastUsedDate: '2023-01-02T03:04:05.000Z', password: 'older' }],
			fields: [
				{ name: 'Text', value: 't', type: 0 },
				{ name: 'Hidden', value: 'h', type: 1 },
				{ name: 'Flag', value: 'true', type: 2 },
				{ name: 'Linked', value: null, type: 3, linkedId: 100 }
			]
		},
		{
			type: 3,
			name: 'Card',
			card: { cardholderName: 'Ann', brand: 'Visa', number: '4111', expMonth: '5', expYear: '2031', code: '123' }
		},
		{
			type: 5,
			name: 'Key',
			sshKey: { privateKey: '-----BEGIN\nx', publicKey: 'ssh-ed25519 A', keyFingerprint: 'SHA256:x' }
		},
		{
			type: 1,
			name: 'Odd code',
			deletedDate: '2024-05-05T00:00:00.000Z',
			login: { totp: 'otpauth://hotp/x?secret=GEZDGNBV&counter=1' }
		}
	]
};

test('[PW-58] everything of an item comes, and what cannot is named', async () => {
	const { items, lost, versions } = await readFile(textFile(JSON.stringify(plain)));
	const [mail, card, key, odd] = items;
	expect(mail).toMatchObject({
		type: 'login',
		folder: ['Work', 'Clients'],
		favourite: true,
		createdAt: Date.UTC(2020, 0, 2, 3, 4, 5),
		passwordAt: Date.UTC(2023, 0, 2, 3, 4, 5),
		addresses: [
			{ url: 'https://a.example', match: null },
			{ url: 'https://b.example', match: 'exact' },
			{ url: '^https://.*', match: 'pattern' }
		],
		former: [{ slot: 'password', value: 'older', until: Date.UTC(2023, 0, 2, 3, 4, 5) }]
	});
	expect(mail!.fields.map(({ slot, label, kind, value }) => [slot ?? label, kind, value])).toEqual([
		['username', 'text', 'ann'],
		['password', 'hidden', 'secret'],
		['totp', 'totp', 'GEZD GNBV GY3T QOJQ'],
		['Passkey (Bitwarden)', 'hidden', '{"rpId":"a.example","keyValue":"MIG"}'],
		['notes', 'note', 'words'],
		['Text', 'text', 't'],
		['Hidden', 'hidden', 'h'],
		['Flag', 'text', 'true']
	]);
	expect(valueOf(card!, 'expires')).toBe('2031-05');
	expect(key).toMatchObject({ type: 'custom' });
	expect(key!.fields.map(({ label, kind, section }) => [label, kind, section])).toEqual([
		['Private key', 'note', 'SSH key'],
		['Public key', 'text', 'SSH key'],
		['Fingerprint', 'text', 'SSH key']
	]);
	expect(odd!.deletedAt).toBe(Date.UTC(2024, 4, 5));
	expect(odd!.fields).toMatchObject([{ slot: null, kind: 'hidden', label: 'One-time code' }]);
	expect(lost).toEqual([
		{ kind: 'passkey', item: 'Mail', name: 'a.example' },
		{ kind: 'linked-field', item: 'Mail', name: 'Linked' },
		{ kind: 'reprompt', item: 'Mail', name: '' },
		{ kind: 'unknown-code', item: 'Odd code', name: '' }
	]);
	expect(versions).toBe(1);
});

test('[PW-58] an export of an organisation has collections where others have folders', async () => {
	const json = {
		collections: [{ id: 'c', name: 'Shared' }],
		items: [{ type: 2, name: 'x', collectionIds: ['c'], notes: 'n' }]
	};
	expect((await readFile(textFile(JSON.stringify(json)))).items[0]).toMatchObject({ type: 'note', folder: ['Shared'] });
});

/** The envelope as Bitwarden's documents describe it, made with Node's own primitives. */
function seal(
	password: string,
	kdf: { kdfType: 0 | 1; kdfIterations: number; kdfMemory?: number; kdfParallelism?: number },
	text: string
) {
	const salt = randomBytes(16).toString('base64');
	const master =
		kdf.kdfType === 0
			? pbkdf2Sync(password, salt, kdf.kdfIterations, 32, 'sha256')
			: argon2Sync('argon2id', {
					message: Buffer.from(password),
					nonce: createHash('sha256').update(salt).digest(),
					passes: kdf.kdfIterations,
					memory: kdf.kdfMemory! * 1024,
					parallelism: kdf.kdfParallelism!,
					tagLength: 32
				});
	const expand = (info: string) =>
		createHmac('sha256', master)
			.update(info)
			.update(Buffer.from([1]))
			.digest();
	const encString = (content: string) => {
		const iv = randomBytes(16);
		const cipher = createCipheriv('aes-256-cbc', expand('enc'), iv);
		const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()]);
		const mac = createHmac('sha256', expand('mac')).update(iv).update(sealed).digest();
		return `2.${[iv, sealed, mac].map((part) => part.toString('base64')).join('|')}`;
	};
	return {
		encrypted: true,
		passwordProtected: true,
		salt,
		...{ kdfMemory: null, kdfParallelism: null, ...kdf },
		encKeyValidation_DO_NOT_EDIT: encString('a random text'),
		data: encString(text)
	};
}

test.each([
	['PBKDF2', { kdfType: 0, kdfIterations: 10_000 }],
	['Argon2id', { kdfType: 1, kdfIterations: 2, kdfMemory: 16, kdfParallelism: 4 }]
] as const)('[PW-58] protected by a password with %s: opens with it, and with no other', async (_, kdf) => {
	const sealed = seal('pässword', kdf, JSON.stringify(plain));
	const file = textFile(JSON.stringify(sealed));
	expect(inspectFile(file)).toMatchObject({ format: 'bitwarden-encrypted', needs: 'password' });
	const opened = await readFile(file, { password: 'pässword' });
	expect(opened.format).toBe('bitwarden-encrypted');
	expect(opened.items).toHaveLength(4);
	const reason = (given: object, password: string | null) =>
		readFile(textFile(JSON.stringify(given)), { password }).then(
			() => 'none',
			(error: { failure: { reason: string; where: string } }) => `${error.failure.reason} ${error.failure.where}`.trim()
		);
	expect(await reason(sealed, 'password')).toBe('wrong-key');
	expect(await reason(sealed, null)).toBe('password-missing');
	const flipped = Buffer.from(sealed.data.split('|')[1]!, 'base64');
	flipped[5]! ^= 1;
	const data = sealed.data.replace(sealed.data.split('|')[1]!, flipped.toString('base64'));
	expect(await reason({ ...sealed, data }, 'pässword')).toBe('damaged data');
	expect(await reason({ ...sealed, data: '2.x|y' }, 'pässword')).toBe('damaged data');
	expect(await reason({ ...sealed, kdfType: 7 }, 'pässword')).toBe('version kdfType');
});

test('[PW-58] an export that only its account can read is told apart, with what to do instead', async () => {
	const file = textFile(
		JSON.stringify({ encrypted: true, encKeyValidation_DO_NOT_EDIT: '2.x|y|z', folders: [], items: [] })
	);
	expect(() => inspectFile(file)).toThrow();
	await expect(readFile(file)).rejects.toMatchObject({
		failure: {
			format: 'bitwarden-account',
			reason: 'account-locked',
			advice: expect.stringMatching(/Password protected/) as unknown
		}
	});
});
