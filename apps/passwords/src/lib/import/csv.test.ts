import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeCsv } from '../export/csv.ts';
import { addAddress, addTag, emptyItem, setSlot, valueOf, type PortableItem } from '../domain/portable.ts';
import { inspectFile, readFile } from './read-file.ts';
import type { CsvMapping } from './csv-mapping.ts';
import { bytesFile, textFile } from './testing/files-node.ts';

const read = async (text: string, mapping?: CsvMapping) =>
	(await readFile(textFile(text), mapping === undefined ? {} : { mapping })).items;
const logins = (items: readonly PortableItem[]) =>
	items.map((item) => [item.title, valueOf(item, 'username'), valueOf(item, 'password')]);
const failure = (text: string) =>
	readFile(textFile(text)).then(
		() => undefined,
		(error: { failure: unknown }) => error.failure
	);

test('[PW-55] Chrome, Edge, Brave: names, addresses, notes', async () => {
	const text =
		'name,url,username,password,note\r\nShop,https://shop.example/,ann,"a,""b""\r\nc",hello\r\n,https://x.example,,only password,\r\n';
	expect(inspectFile(textFile(text))).toMatchObject({ format: 'chrome', needs: 'nothing' });
	const items = await read(text);
	expect(logins(items)).toEqual([
		['Shop', 'ann', 'a,"b"\r\nc'],
		['https://x.example', '', 'only password']
	]);
	expect(valueOf(items[0]!, 'notes')).toBe('hello');
	expect(items[0]!.addresses).toEqual([{ url: 'https://shop.example/', match: null }]);
});

test('[PW-55] Firefox: times come, its own names do not become fields', async () => {
	const text =
		'"url","username","password","httpRealm","formActionOrigin","guid","timeCreated","timeLastUsed","timePasswordChanged"\n' +
		'"https://a.example","ann","secret",,"https://a.example","{x}","1600000000000","1600000000001","1650000000000"\n';
	expect(inspectFile(textFile(text)).format).toBe('firefox');
	const [item] = await read(text);
	expect(item).toMatchObject({ title: 'https://a.example', createdAt: 1_600_000_000_000, editedAt: 1_650_000_000_000 });
	expect(item!.fields.map(({ slot }) => slot)).toEqual(['username', 'password']);
});

const lastPassHead = 'url,username,password,totp,extra,name,grouping,fav';

test('[PW-56] LastPass: line ends of three characters, folders with backslashes, favourites', async () => {
	const text = `${lastPassHead}\r\r\nhttps://a.example,ann,secret,GEZDGNBVGY3TQOJQ,,A,Work\\Clients,1\r\r\nhttps://b.example,bob,other,,,B,,0\r\r\n`;
	expect(inspectFile(textFile(text)).format).toBe('lastpass');
	const items = await read(text);
	expect(logins(items)).toEqual([
		['A', 'ann', 'secret'],
		['B', 'bob', 'other']
	]);
	expect(items[0]).toMatchObject({ folder: ['Work', 'Clients'], favourite: true });
	expect(valueOf(items[0]!, 'totp')).toBe('GEZDGNBVGY3TQOJQ');
	const inside = `${lastPassHead}\r\r\nhttps://a.example,ann,secret,,"one\r\r\ntwo",A,,0\r\r\n`;
	expect(valueOf((await read(inside))[0]!, 'notes')).toBe('one\ntwo');
});

test('[PW-56] LastPass: entities are undone where its page wrote them, and left where they are part of a password', async () => {
	const row = (password: string) => `${lastPassHead}\nhttps://a.example,ann,${password},,,A,,0\n`;
	expect(valueOf((await read(row('a&amp;b&lt;c&gt;&quot;&#39;')))[0]!, 'password')).toBe(`a&b<c>"'`);
	// One bare sign anywhere: nothing was encoded.
	expect(valueOf((await read(row('a&amp;b<')))[0]!, 'password')).toBe('a&amp;b<');
	expect(valueOf((await read(row('a&b')))[0]!, 'password')).toBe('a&b');
	expect(valueOf((await read(row('&amp;amp;')))[0]!, 'password')).toBe('&amp;');
});

test('[PW-56] LastPass: notes and typed notes become notes, cards, identities, and fields of their own', async () => {
	const card =
		'NoteType:Credit Card\nLanguage:en-US\nName on Card:Ann Ek\nType:Visa\nNumber:4111111111111111\nSecurity Code:123\nStart Date:,\nExpiration Date:May,2031\nNotes:first: line\nsecond';
	const server = 'NoteType:Server\nLanguage:en-US\nHostname:srv.example\nUsername:root\nPassword:s3cret\nNotes:';
	const address = 'NoteType:Address\nFirst Name:Ann\nLast Name:Ek\nCity / Town:Bergen\nNotes:';
	const rows = [
		['note', 'just words\nNoteType: is not at the beginning'],
		['card', card],
		['server', server],
		['address', address]
	];
	const text = `${lastPassHead}\n${rows.map(([name, extra]) => `http://sn,,,,"${extra}",${name},,0`).join('\n')}\n`;
	const [note, cardItem, serverItem, identity] = await read(text);
	expect(note).toMatchObject({ type: 'note', title: 'note' });
	expect(valueOf(note!, 'notes')).toContain('NoteType:');
	expect(cardItem!.type).toBe('card');
	expect(cardItem!.fields.map(({ slot, value }) => [slot, value])).toEqual([
		['holder', 'Ann Ek'],
		['brand', 'Visa'],
		['number', '4111111111111111'],
		['code', '123'],
		[null, ','],
		['expires', '2031-05'],
		['notes', 'first: line\nsecond']
	]);
	expect(serverItem).toMatchObject({ type: 'custom' });
	expect(serverItem!.fields).toEqual([
		{ slot: null, kind: 'text', label: 'Hostname', section: '', value: 'srv.example' },
		{ slot: null, kind: 'text', label: 'Username', section: '', value: 'root' },
		{ slot: null, kind: 'hidden', label: 'Password', section: '', value: 's3cret' }
	]);
	expect(identity).toMatchObject({ type: 'identity' });
	expect(valueOf(identity!, 'city')).toBe('Bergen');
});

test('[PW-57] any CSV with known names comes by itself: other languages, semicolons, tabs, marks, old encodings', async () => {
	expect(logins(await read('Titel;Benutzername;Kennwort;Webseite\nBank;ann;geheim;bank.example\n'))).toEqual([
		['Bank', 'ann', 'geheim']
	]);
	expect(logins(await read('\uFEFFTitle\tUser\tPassword\nBank\tann\tx\n'))).toEqual([['Bank', 'ann', 'x']]);
	const bitwarden =
		'folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n' +
		'Work,1,login,Mail,hi,"PIN: 1",0,"https://a.example,https://b.example",ann,secret,\n';
	const [mail] = await read(bitwarden);
	expect(mail).toMatchObject({ folder: ['Work'], favourite: true, title: 'Mail' });
	expect(mail!.addresses.map(({ url }) => url)).toEqual(['https://a.example', 'https://b.example']);
	const utf16 = Buffer.from('\uFEFFtitle,password\nä,ö\n', 'utf16le');
	expect(logins((await readFile(bytesFile(utf16))).items)).toEqual([['ä', '', 'ö']]);
	const windows = Buffer.from('title,password\n\xe4,\xf6\x80\n', 'latin1');
	expect(logins((await readFile(bytesFile(windows))).items)).toEqual([['ä', '', 'ö€']]);
});

test('[PW-57] columns that are not known are asked for, with a preview, and come as the person says', async () => {
	const text = 'Wo,Wer,Was,Dazu\nBank,ann,geheim,4711\nPost,bob,auch,\n,,,\n';
	const inspection = inspectFile(textFile(text));
	expect(inspection).toMatchObject({ format: 'csv', needs: 'mapping' });
	expect(inspection.preview).toMatchObject({ columns: ['Column 1', 'Column 2', 'Column 3', 'Column 4'], total: 3 });
	expect(inspection.preview!.rows[0]).toEqual(['Wo', 'Wer', 'Was', 'Dazu']);
	expect(await failure(text)).toMatchObject({ format: 'csv', reason: 'mapping-missing' });
	const items = await read(text, ['title', 'username', 'password', 'own-hidden']);
	expect(logins(items).slice(1)).toEqual([
		['Bank', 'ann', 'geheim'],
		['Post', 'bob', 'auch']
	]);
	expect(items[1]!.fields.at(-1)).toMatchObject({ slot: null, kind: 'hidden', label: 'Column 4', value: '4711' });
});

test('[PW-57] two columns of one meaning are both kept, and what says nothing is a note or nothing', async () => {
	const [item] = await read('name,password,pass,user\nA,one,two,ann\n');
	expect(item!.fields.map(({ slot, label, kind, value }) => [slot ?? label, kind, value])).toEqual([
		['username', 'text', 'ann'],
		['password', 'hidden', 'one'],
		['pass', 'hidden', 'two']
	]);
	const result = await readFile(textFile('name,password,notes\nA,,words\n,,\n'));
	expect(result.items.map(({ type }) => type)).toEqual(['note']);
	expect(result.lost.map(({ kind }) => kind)).toEqual([]);
});

test('[PW-53] broken CSV says in which row', async () => {
	expect(await failure('name,url,password\nA,b,c\nB,b,"never closed\n')).toMatchObject({
		format: 'csv',
		reason: 'damaged',
		where: expect.stringMatching(/^row \d+$/) as unknown
	});
	expect(await failure('Some words, then others.\nMore words.\nAnd, and, and more\n')).toMatchObject({
		format: 'unknown',
		reason: 'unknown-format'
	});
	expect(await failure('   \n')).toMatchObject({ reason: 'empty' });
});

test('T65 cells that a spreadsheet would run are guarded, and come back as they were', async () => {
	const evil = ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx', '\rx', "'=x", "''=x", "'quoted"];
	const items = evil.map((value, index) => {
		const item = emptyItem('login', `Item ${index}`);
		setSlot(item, 'username', value);
		setSlot(item, 'password', value);
		setSlot(item, 'notes', value);
		addAddress(item, `https://x${index}.example`);
		addTag(item, '=tag');
		return item;
	});
	const { csv } = writeCsv(items);
	// No cell, as a spreadsheet would split them, begins with a character that starts a formula.
	for (const cell of csv.split(/[,\n]/)) expect(cell.replace(/^"/, '')).not.toMatch(/^[=+\-@\t]/);
	const back = await read(csv);
	expect(back).toEqual(items);
});

test('no bytes break the reader of CSV: it answers, or refuses with a reason', async () => {
	await fc.assert(
		fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
			await readFile(textFile(`name,url,password\n${text}`)).catch((error: { failure?: unknown }) =>
				expect(error.failure).toBeDefined()
			);
		})
	);
});
