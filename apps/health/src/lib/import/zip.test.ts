import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { archive, type Member } from './testing/archive.ts';
import { bytesOf, ImportError } from './types.ts';
import { openZip, readEntry, ZIP_LIMITS } from './zip.ts';

const text = (content: string) => new TextEncoder().encode(content);
const words = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const one = (more: Partial<Member> = {}): Member => ({ name: 'export.xml', bytes: text('<HealthData/>'), ...more });

async function failureOf(blob: Blob, read = false): Promise<string> {
	try {
		const entries = await openZip(bytesOf(blob));
		if (read) for (const entry of entries) await readEntry(entry);
	} catch (error) {
		if (error instanceof ImportError) return error.message;
		throw error;
	}
	return 'read';
}

test('an archive of another program is read: names, sizes, bytes', async () => {
	const large = text('<Record/>'.repeat(200_000));
	const zip = zipSync({
		'a/export.xml': large,
		'a/empty.txt': new Uint8Array(),
		'stored.bin': [text('as it is'), { level: 0 }]
	});
	const entries = await openZip(bytesOf(new Blob([zip as BlobPart])));
	expect(entries.map(({ name, size }) => [name, size])).toEqual([
		['a/export.xml', large.length],
		['a/empty.txt', 0],
		['stored.bin', 8]
	]);
	expect(await readEntry(entries[0]!)).toEqual(large);
	expect((await readEntry(entries[1]!)).length).toBe(0);
	expect(words(await readEntry(entries[2]!))).toBe('as it is');
});

test.each([
	['T67 a path out of the archive', [one({ name: '../../etc/passwd' })], /leads out/],
	['T67 an absolute path', [one({ name: '/etc/passwd' })], /leads out/],
	['T67 a path of another system', [one({ name: 'C:\\Windows\\x' })], /leads out/],
	['T67 a name with a NUL', [one({ name: 'export.xml\0.png' })], /leads out/],
	['T67 a link', [one({ claims: { mode: 0o120777 } })], /link/],
	['T67 a name that stands twice', [one(), one()], /twice/],
	['T67 a name that differs in case alone', [one(), one({ name: 'EXPORT.xml' })], /twice/],
	['T67 entries that overlap', [one(), one({ name: 'b', claims: { offset: 0 } })], /overlap/],
	['T67 an entry beyond the file', [one({ claims: { packed: 1_000_000 } })], /overlap/],
	['T67 a claimed size of terabytes', [one({ claims: { size: 0xfffffffe } })], /far more/],
	['an archive with a password', [one({ claims: { flags: 1 } })], /password/]
])('%s is refused before anything is unpacked', async (_, members, wanted) => {
	expect(await failureOf(archive(members))).toMatch(wanted);
});

test('T67 ten thousand entries are read, one more is refused, and so is a directory that says there are fewer', async () => {
	const many = Array.from({ length: ZIP_LIMITS.entries + 1 }, (_, at) => one({ name: `${at}.gpx`, bytes: text('x') }));
	expect(await failureOf(archive(many.slice(1)))).toBe('read');
	expect(await failureOf(archive(many))).toMatch(/more than 10000 entries/);
	expect(await failureOf(archive(many, { entries: 5 }))).toMatch(/more than 10000 entries/);
});

test('T67 a bomb of 1:1000 is refused by what it says, and by what comes out of it when it lies', async () => {
	const zeros = new Uint8Array(12 * 1024 * 1024);
	expect(await failureOf(archive([one({ bytes: zeros, claims: { crc: 0 } })]))).toMatch(/far more/);
	expect(await failureOf(archive([one({ bytes: zeros, claims: { crc: 0, size: 5_000_000 } })]), true)).toMatch(
		/far more/
	);
});

test('[HL-31] a damaged archive is refused with what is wrong', async () => {
	const good = archive([one()]);
	expect(await failureOf(good.slice(0, good.size - 10))).toMatch(/not downloaded to the end/);
	expect(await failureOf(new Blob([good.slice(0, 5), 'x', good.slice(6)]))).toBe('read');
	const body = new Blob([good.slice(0, 45), 'xxxx', good.slice(49)]);
	expect(await failureOf(body, true)).toMatch(/damaged/);
	expect(await failureOf(archive([one({ claims: { crc: 1 } })]), true)).toMatch(/not what was packed/);
	expect(await failureOf(archive([one({ claims: { method: 12 } })]), true)).toMatch(/not known here/);
});

test('[HL-31] any changed byte is read or refused, and never throws anything else', async () => {
	const good = new Uint8Array(
		await archive([one(), one({ name: 'b.gpx', bytes: text('y'.repeat(500)) })]).arrayBuffer()
	);
	for (let at = 0; at < good.length; at++)
		for (const change of [0x01, 0xff]) {
			const changed = good.slice();
			changed[at]! ^= change;
			await failureOf(new Blob([changed as BlobPart]), true);
		}
});
