import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cryptoReady } from '../../crypto/index.ts';
import { openDatabase } from '../open.ts';
import { Store } from '../store.ts';
import type { StoreKey } from '../store.ts';
import { openNodeFiles } from './node.ts';

const KEY: StoreKey = {
	wrap: (databaseKey) => ({ wrap: databaseKey.slice(), generation: 1 }),
	unwrap: (wrap) => wrap.slice()
};
let folder: string;
beforeAll(() => cryptoReady());
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'slf-node-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a database in a folder is there for the next process, and leaves nothing but its two files [S-11]', async () => {
	const first = await openDatabase({ store: Store.open(openNodeFiles(folder, 'notes'), KEY) });
	first.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1)');
	first.close();
	expect(readdirSync(folder).sort()).toEqual(['notes.log', 'notes.main']);
	const second = await openDatabase({ store: Store.open(openNodeFiles(folder, 'notes'), KEY) });
	expect(second.value('SELECT a FROM t')).toBe(1);
	second.close();
});

test('whoever comes second is told who holds the database, and harms nothing [S-11]', async () => {
	const db = await openDatabase({ store: Store.open(openNodeFiles(folder, 'notes'), KEY) });
	expect(() => openNodeFiles(folder, 'notes')).toThrow(`open in another process (${process.pid})`);
	db.exec('CREATE TABLE t(a)');
	db.close();
	openNodeFiles(folder, 'notes').main.close();
});

test('the lock of a process that was killed is taken over [S-11]', async () => {
	const module = new URL('./node.ts', import.meta.url);
	const script = `import { openNodeFiles } from ${JSON.stringify(module)};
		openNodeFiles(${JSON.stringify(folder)}, 'notes'); console.log('held'); setInterval(() => {}, 1000);`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
		stdio: ['ignore', 'pipe', 'inherit']
	});
	await new Promise((resolve) => child.stdout.once('data', resolve));
	expect(() => openNodeFiles(folder, 'notes')).toThrow(`(${child.pid})`);
	const gone = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGKILL');
	await gone;
	openNodeFiles(folder, 'notes').main.close();
});

test('a process number that another program got since does not keep the lock [S-11]', () => {
	writeFileSync(path.join(folder, 'notes.lock'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
	const files = openNodeFiles(folder, 'notes');
	expect(JSON.parse(readFileSync(path.join(folder, 'notes.lock'), 'utf8'))).toMatchObject({ pid: process.pid });
	files.main.close();
	writeFileSync(path.join(folder, 'notes.lock'), '');
	openNodeFiles(folder, 'notes').main.close();
});
