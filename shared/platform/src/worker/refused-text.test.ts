import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openPlatform } from './node.ts';

const SCHEMA = `
CREATE TABLE notes (
  id       TEXT PRIMARY KEY,
  scope_id TEXT,
  body     REALTIME_TEXT
);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');
`;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

test('[W-10] words that the engine refuses are taken out of the text, and whoever typed them is told, not that they are saved', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'slf-refused-'));
	cleanUp.push(() => rmSync(dir, { recursive: true, force: true }));
	const platform = await openPlatform({ dir, app: 'docs', schema: SCHEMA });
	cleanUp.push(() => platform.close());
	const scope = await platform.scopes.personal();
	await platform.exec('INSERT INTO notes (id, scope_id) VALUES (?, ?)', ['n', scope]);
	const text = await platform.text('notes', scope, 'n', 'body');
	await text.edit([[0, 0, 'kept']], text.version);
	const tooMuch = text.edit([[4, 4, 'x'.repeat(2 ** 20 + 1)]], text.version);
	// Typed while that is on its way: it goes with it.
	const behind = text.edit([[0, 0, 'y']], text.version);
	await expect(tooMuch).rejects.toMatchObject({ code: 'TEXT_TOO_LARGE' });
	await expect(behind).rejects.toMatchObject({ code: 'TEXT_TOO_LARGE' });
	expect(text.text).toBe('kept');
	await text.edit([[4, 4, ' on']], text.version);
	expect(text.text).toBe('kept on');
	text.close();
});
