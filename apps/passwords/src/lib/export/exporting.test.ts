import { expect, test } from 'vitest';
import { addOwn, addTag, emptyItem, setSlot, type PortableItem } from '../domain/portable.ts';
import { readFile } from '../import/read-file.ts';
import { Exporting, type ExportWorker } from './exporting.ts';
import { writeExport, type FromExport, type ToExport } from './export-protocol.ts';

/** Both halves, with messages cloned as between a page and its worker. */
function connected(): Exporting {
	let toPage: (event: MessageEvent<FromExport>) => void = () => {};
	let alive = true;
	const worker: ExportWorker = {
		postMessage: (message: ToExport) =>
			void writeExport(structuredClone(message)).then(
				(exported) => alive && toPage({ data: { kind: 'exported', exported } } as MessageEvent<FromExport>),
				() => alive && toPage({ data: { kind: 'failed' } } as MessageEvent<FromExport>)
			),
		addEventListener: (type: string, listener: never) => {
			if (type === 'message') toPage = listener;
		},
		terminate: () => (alive = false)
	};
	return new Exporting(worker);
}

function sample(): PortableItem[] {
	const login = emptyItem('login', 'Shop');
	setSlot(login, 'password', 'canary-password');
	addTag(login, 'a');
	addTag(login, 'b');
	addOwn(login, 'Pet', 'Rex');
	const card = emptyItem('card', 'Card');
	setSlot(card, 'number', '4111');
	return [login, card];
}

test.each([
	['kdbx', 'pw', 2, []],
	['bitwarden', 'pw', 2, ['2 tags']],
	['bitwarden', null, 2, ['2 tags']],
	['csv', null, 1, ['1 card, identity or other item', '1 field of your own']]
] as const)(
	'[PW-64] %s with password %j: says what is in the file and what is not',
	async (format, password, items, left) => {
		const exported = await connected().write(format, sample(), password, 0);
		expect(exported).toMatchObject({ items, left });
		const read = await readFile({ name: '', bytes: exported.bytes }, { password });
		expect(read.items).toHaveLength(items);
		const open = new TextDecoder().decode(exported.bytes).includes('canary-password');
		expect(open).toBe(password === null);
	}
);

test('[PW-64] an export that is cancelled gives nothing, and one that cannot be made says so', async () => {
	const cancelled = connected();
	const writing = cancelled.write('kdbx', sample(), 'pw', 0);
	cancelled.end();
	await expect(writing).rejects.toThrow('cancelled');
	await expect(connected().write('kdbx', sample(), null, 0)).rejects.toThrow('could not be written');
});
