import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { nodeEnvironment } from './environment-node.ts';
import { openPlatform } from './node.ts';

const SCHEMA = `
CREATE TABLE notes (
  id       TEXT PRIMARY KEY,
  scope_id TEXT,
  title    LWW_TEXT
);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');
`;

let dir: string;
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('[W-12] a damaged database is set aside to the byte, and an empty one takes its place; one that is open stays', async () => {
	dir = mkdtempSync(join(tmpdir(), 'slf-aside-'));
	const first = await openPlatform({ dir, app: 'docs', schema: SCHEMA });
	const scope = await first.scopes.personal();
	await first.exec('INSERT INTO notes (id, scope_id, title) VALUES (?, ?, ?)', ['n', scope, 'kept']);
	await expect(first.setDatabaseAside()).rejects.toMatchObject({ code: 'LOCKED' });
	expect(await first.exec('SELECT title FROM notes')).toEqual([{ title: 'kept' }]);
	await first.close();

	const databases = join(dir, 'databases');
	const name = readdirSync(databases).find((file) => file.endsWith('-docs.main'))!;
	const bytes = readFileSync(join(databases, name)).fill(0, 0, 3000);
	writeFileSync(join(databases, name), bytes);
	await expect(openPlatform({ dir, app: 'docs', schema: SCHEMA })).rejects.toMatchObject({ code: 'DAMAGED' });
	await nodeEnvironment(dir).files.setAside(name.replace('.main', ''), 7);
	expect(readFileSync(join(databases, `${name}.damaged-7`)).equals(bytes)).toBe(true);

	const second = await openPlatform({ dir, app: 'docs', schema: SCHEMA });
	expect(await second.scopes.personal()).toBe(scope);
	expect(await second.exec('SELECT title FROM notes')).toEqual([]);
	await second.close();
	expect(await nodeEnvironment(dir).files.list()).toHaveLength(2);
});
