import { beforeAll, expect, test } from 'vitest';
import { cryptoReady } from '../../crypto/index.ts';
import { openDatabase } from '../open.ts';
import { MemoryDisk } from '../storage/memory.ts';
import { Store } from '../store.ts';
import { TextColumns } from '../text.ts';

beforeAll(() => cryptoReady());

const COLUMNS = [
	{ name: 'scope_id', class: 'scope' },
	{ name: 'id', class: 'key' },
	{ name: 'body', class: 'REALTIME' }
];
const REF = { table: 'notes', scope: 's', id: 'n', column: 'body' };

test('[S-4] on a full disk a read works though the text is ahead of its column; the column follows when there is room', async () => {
	const disk = new MemoryDisk();
	const key = { wrap: (bytes: Uint8Array) => ({ wrap: bytes, generation: 1 }), unwrap: (wrap: Uint8Array) => wrap };
	const db = await openDatabase({ store: Store.open(disk.files('db'), key) });
	db.exec(`
		CREATE TABLE notes (scope_id TEXT NOT NULL, id TEXT NOT NULL, body TEXT, PRIMARY KEY (scope_id, id));
		SELECT crsql_as_crr('notes');
	`);
	const schema = { tables: [{ name: 'notes', replicated: true, columns: COLUMNS }] };
	const clientId = () => ({ clientId: 7, counter: 1 });
	const text = new TextColumns(db, schema, { clientIdFor: clientId, clientIdOf: () => 7 });
	db.run('INSERT INTO notes VALUES (?, ?, ?)', ['s', 'n', 'stored']);
	text.afterCommit();
	const { version } = text.open(REF);
	db.transaction(() => text.edit(REF, [[6, 6, ' and more'.repeat(4000)]], version));
	text.afterCommit();

	disk.quota = disk.size;
	const reading = { tables: new Set(['notes']), writes: new Set<string>() };
	const writing = { tables: new Set(['notes']), writes: new Set(['notes']) };
	expect(text.beforeStatement(reading)).toBe(false);
	expect(db.value('SELECT body FROM notes')).toBe('stored');
	expect(() => text.beforeStatement(writing)).toThrow(expect.objectContaining({ code: 'QUOTA' }));
	expect(db.inTransaction).toBe(false);

	disk.quota = Infinity;
	expect(text.beforeStatement(reading)).toBe(true);
	expect(db.value('SELECT length(body) FROM notes')).toBe(6 + 9 * 4000);
	db.close();
});
