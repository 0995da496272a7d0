// One process at a time: a lock file that names its holder. A holder that died is replaced.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { cacheFolder } from './project.ts';

function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

/** Waits until no other process holds `name`, then runs `work` as its holder. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
	mkdirSync(cacheFolder, { recursive: true });
	const path = join(cacheFolder, `${name}.lock`);
	for (let told = false; ;) {
		try {
			writeFileSync(path, String(process.pid), { flag: 'wx' });
			break;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		}
		const holder = Number(readHolder(path));
		if (holder > 0 && !alive(holder)) rmSync(path, { force: true });
		else {
			if (!told) console.log(`Waiting for another ${name} (process ${holder}) …`);
			told = true;
			await wait(200);
		}
	}
	try {
		return await work();
	} finally {
		rmSync(path, { force: true });
	}
}

function readHolder(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return ''; // let go between our two looks
	}
}
