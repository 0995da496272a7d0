import { expect, test } from 'vitest';
import { openDatabase } from '../engine/open.ts';
import { Refusals } from './refusals.ts';
import { createLogTables } from './tables.ts';

test('[A-18] what was refused reads like a sentence, and nothing in it acts as markup or turns the line around', async () => {
	const database = await openDatabase({ store: ':memory:' });
	createLogTables(database);
	const refusals = new Refusals(database);
	const add = (reason: string) => refusals.add({ time: 1, scope: 'folder:x', author: 'a', rule: 'R1', reason });
	add('VIEWER may not update "notes"');
	expect(refusals.list()[0]!.reason).toBe('VIEWER may not update ”notes”');
	add(`no such table "<img src=x onerror='alert(1)'>\u202e\n"`);
	expect(refusals.list()[0]!.reason).toBe('no such table ”\\u{3c}img src=x onerror=’alert(1)’\\u{3e}\\u{202e}\\u{a}”');
	add('x'.repeat(10_000));
	expect(refusals.list()[0]!.reason).toHaveLength(203);
	database.close();
});
