/** 1PIF, Keeper and Buttercup beyond what the exported files of their projects have. */

import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { valueOf, type PortableItem } from '../domain/portable.ts';
import { inspectFile, readFile } from './read-file.ts';
import { textFile } from './testing/files-node.ts';

const fieldsOf = (item: PortableItem | undefined) =>
	item?.fields.map(({ slot, label, kind, value }) => [slot ?? label, kind, value]);

const DIVIDER = '***5642bee8-a5ff-11dc-8314-0800200c9a66***';
const onePif = (...records: object[]) =>
	textFile(records.map((record) => `${JSON.stringify(record)}\n${DIVIDER}\n`).join(''));

test('[PW-50] 1PIF: sections, tags, favourites, codes, former passwords, the trash; files beside it are not seen', async () => {
	const file = onePif(
		{
			typeName: 'webforms.WebForm',
			title: 'Shop',
			location: 'https://shop.example',
			faveIndex: 1,
			trashed: true,
			createdAt: 1_500_000_000,
			updatedAt: 1_600_000_000,
			openContents: { tags: ['work', 'tag two'] },
			secureContents: {
				notesPlain: 'words',
				URLs: [{ label: 'website', url: 'https://shop.example' }, { url: 'https://b.example' }],
				fields: [
					{ designation: 'username', value: 'ann', type: 'E' },
					{ designation: 'password', value: 'secret', type: 'P' },
					{ name: 'pin', value: '1234', type: 'P' },
					{ name: 'remember', value: '✓', type: 'C' }
				],
				sections: [
					{
						title: 'More',
						fields: [
							{ k: 'concealed', n: 'TOTP_1', t: 'one-time password', v: 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ' },
							{ k: 'URL', n: 'a', t: 'support', v: 'https://help.example' },
							{ k: 'date', n: 'b', t: 'member since', v: 1_500_000_000 },
							{ k: 'address', n: 'c', t: 'home', v: { street: '1 Road', city: 'Bergen' } }
						]
					}
				],
				passwordHistory: [{ value: 'older', time: 1_550_000_000 }]
			}
		},
		{ typeName: 'system.Tombstone', title: 'gone' },
		{ typeName: 'securenotes.SecureNote', title: 'Note', secureContents: { notesPlain: 'text' } },
		{ typeName: 'wallet.computer.Router', title: 'Wifi', secureContents: { network_name: 'net', password: 'pw' } }
	);
	expect(inspectFile(file)).toMatchObject({ format: '1pif', needs: 'nothing' });
	const { items, lost, versions } = await readFile(file);
	const [shop, note, wifi] = items;
	expect(shop).toMatchObject({
		type: 'login',
		favourite: true,
		tags: ['work', 'tag two'],
		deletedAt: 1_600_000_000_000,
		addresses: [{ url: 'https://shop.example' }, { url: 'https://b.example' }],
		former: [{ slot: 'password', value: 'older', until: 1_550_000_000_000 }]
	});
	expect(fieldsOf(shop)).toEqual([
		['username', 'text', 'ann'],
		['password', 'hidden', 'secret'],
		['pin', 'hidden', '1234'],
		['notes', 'note', 'words'],
		['totp', 'totp', 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ'],
		['support', 'url', 'https://help.example'],
		['member since', 'date', '2017-07-14'],
		['home', 'text', '1 Road, Bergen']
	]);
	expect(note).toMatchObject({ type: 'note', title: 'Note' });
	expect(fieldsOf(wifi)).toEqual([
		['network_name', 'text', 'net'],
		['password', 'hidden', 'pw']
	]);
	expect(lost.map(({ kind }) => kind)).toEqual(['skipped-record']);
	expect(versions).toBe(1);
});

test('[PW-50] 1PIF: folders that lie in each other in a circle end', async () => {
	const folder = (uuid: string, folderUuid: string) => ({
		typeName: 'system.folder.Regular',
		uuid,
		folderUuid,
		title: uuid
	});
	const { items } = await readFile(
		onePif(folder('a', 'b'), folder('b', 'a'), {
			typeName: 'webforms.WebForm',
			title: 'x',
			folderUuid: 'a',
			secureContents: {}
		})
	);
	expect(items[0]!.folder).toEqual(['b', 'a']);
});

test('[PW-50] Keeper: fields of its own kinds, codes, notes; attachments are named', async () => {
	const json = {
		records: [
			{
				title: 'Shop',
				$type: 'login',
				login: 'ann',
				password: 'secret',
				login_url: 'https://shop.example',
				notes: 'words',
				last_modified: 1_600_000_000,
				folders: [{ shared_folder: 'Team', folder: 'A\\B' }],
				custom_fields: {
					'$oneTimeCode::1': 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ',
					'$url::1': 'https://b.example',
					'$pinCode:Door:1': '0000',
					'$name::1': { first: 'Ann', last: 'Ek' },
					Plain: ['one', 'two']
				},
				attachments: [{ name: 'scan.pdf' }]
			},
			{ title: 'Note', $type: 'encryptedNotes', notes: 'text' }
		]
	};
	const { items, lost } = await readFile(textFile(JSON.stringify(json)));
	expect(items[0]).toMatchObject({
		folder: ['Team', 'A', 'B'],
		editedAt: 1_600_000_000_000,
		addresses: [{ url: 'https://shop.example' }, { url: 'https://b.example' }]
	});
	expect(fieldsOf(items[0])).toEqual([
		['username', 'text', 'ann'],
		['password', 'hidden', 'secret'],
		['totp', 'totp', 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ'],
		['Door', 'hidden', '0000'],
		['name', 'text', 'Ann, Ek'],
		['Plain', 'text', 'one; two'],
		['notes', 'note', 'words']
	]);
	expect(items[1]).toMatchObject({ type: 'note' });
	expect(lost).toEqual([{ kind: 'absent-attachment', item: 'Shop', name: 'scan.pdf' }]);
});

/** A vault as Buttercup's library packs it. `latin`: the older way, packed bytes as characters. */
function buttercup(kind: 'a' | 'b', text: string, latin = false) {
	const salt = 'abcdefghijkl';
	const derived = pbkdf2Sync('pw', salt, 1000, 64, 'sha256');
	const iv = randomBytes(16);
	const packed = gzipSync(text);
	const cipher = createCipheriv('aes-256-cbc', derived.subarray(0, 32), iv);
	const inner = latin ? Buffer.from(packed.toString('latin1'), 'utf8') : Buffer.from(packed.toString('base64'));
	const content = Buffer.concat([cipher.update(inner), cipher.final()]).toString('base64');
	const mac = createHmac('sha256', derived.subarray(32))
		.update(content + iv.toString('hex') + salt)
		.digest('hex');
	return textFile(`b~>buttercup/${kind}${[content, iv.toString('hex'), salt, mac, 1000, 'cbc'].join('$')}`);
}
const encoded = (text: string) => `utf8+base64:${Buffer.from(text).toString('base64')}`;

test.each([false, true])(
	'[PW-50] Buttercup A: commands are carried out, in order (older packing: %s)',
	async (latin) => {
		const commands = [
			'aid 1',
			'cgr 0 g1',
			`tgr g1 ${encoded('Wörk')}`,
			'cgr g1 g2',
			'tgr g2 "Inner \\"group\\""',
			'cgr 0 bin',
			'sga bin "bc_group_role" "trash"',
			'cen g2 e1',
			`sep e1 "title" ${encoded('Shop')}`,
			'sep e1 "username" "ann"',
			'sep e1 "password" "one"',
			'sep e1 "password" "two"',
			'sep e1 "URL" "https://shop.example"',
			'sep e1 "Pet name" "Rex"',
			'sep e1 "gone" "x"',
			'dep e1 "gone"',
			'cen g1 e2',
			'sep e2 "title" "Thrown away"',
			'men e2 bin',
			'cen g1 e3',
			'den e3',
			'cgr 0 g3',
			'cen g3 e4',
			'dgr g3',
			'pad 1'
		];
		const { items, versions } = await readFile(buttercup('a', commands.join('\n'), latin), { password: 'pw' });
		expect(items.map(({ title }) => title)).toEqual(['Shop', 'Thrown away']);
		const [shop, thrown] = items;
		expect(shop).toMatchObject({ folder: ['Wörk', 'Inner "group"'], addresses: [{ url: 'https://shop.example' }] });
		expect(valueOf(shop!, 'password')).toBe('two');
		expect(shop!.former).toMatchObject([{ slot: 'password', value: 'one' }]);
		expect(fieldsOf(shop)!.at(-1)).toEqual(['Pet name', 'text', 'Rex']);
		expect(thrown).toMatchObject({ folder: [], deletedAt: 0 });
		expect(versions).toBe(2);
	}
);

test('[PW-50] Buttercup B: the same as JSON, with codes and when values changed', async () => {
	const value = (text: string, history: object[] = []) => ({
		value: text,
		created: 1,
		updated: 1_600_000_000_000,
		history
	});
	const vault = {
		g: [{ id: 'g', t: 'Group', g: '0', a: {} }],
		e: [
			{
				id: 'e',
				g: 'g',
				p: {
					title: value('Shop'),
					password: value('two', [{ value: 'one', updated: 1_500_000_000_000 }]),
					code: value('otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ'),
					pin: value('0000'),
					old: { ...value('x'), deleted: 5 }
				},
				a: { 'BC_ENTRY_FIELD_TYPE:code': value('otp'), 'BC_ENTRY_FIELD_TYPE:pin': value('password') }
			}
		]
	};
	const { items } = await readFile(buttercup('b', JSON.stringify(vault)), { password: 'pw' });
	expect(items[0]).toMatchObject({ title: 'Shop', folder: ['Group'] });
	expect(fieldsOf(items[0])).toEqual([
		['password', 'hidden', 'two'],
		['totp', 'totp', 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ'],
		['pin', 'hidden', '0000']
	]);
	expect(items[0]!.former).toMatchObject([{ slot: 'password', value: 'one', until: 1_600_000_000_000 }]);
});
