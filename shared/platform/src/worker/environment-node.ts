/** The environment of engines in Node: a folder. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from '../crypto/random.ts';
import { openNodeFiles } from '../engine/storage/node.ts';
import { nodeDeviceKey, nodeProfileStore } from '../identity/profile-node.ts';
import type { Environment } from './environment.ts';
import { realTimers } from './turns.ts';

const ENDING = '.main';

/** @param dir the person's folder; made if missing, readable by its owner alone */
export function nodeEnvironment(dir: string): Environment {
	const databases = join(dir, 'databases');
	const profile = join(dir, 'profile');
	const vault = join(dir, 'vault');
	for (const folder of [databases, profile, vault]) mkdirSync(folder, { recursive: true, mode: 0o700 });
	const path = (name: string) => join(databases, name);
	return {
		files: {
			open: async (name) => openNodeFiles(databases, name),
			exists: async (name) => existsSync(path(name + ENDING)),
			remove: async (name) => {
				for (const file of [name + ENDING, `${name}.log`]) rmSync(path(file), { force: true });
			},
			async setAside(name, time) {
				// Opened for the lock, so that nobody has them.
				const { main, log } = openNodeFiles(databases, name);
				try {
					for (const file of [name + ENDING, `${name}.log`]) renameSync(path(file), path(`${file}.damaged-${time}`));
				} finally {
					log.close();
					main.close();
				}
			},
			list: async () =>
				readdirSync(databases)
					.filter((file) => file.endsWith(ENDING))
					.map((file) => file.slice(0, -ENDING.length))
		},
		profile: {
			store: nodeProfileStore(profile),
			deviceKey: nodeDeviceKey(profile),
			deviceName: hostname(),
			runsOn: `Node on ${process.platform}`
		},
		vault: { store: nodeProfileStore(vault), secret: nodeDeviceKey(vault) },
		clock: Date.now,
		random: randomBytes,
		after: realTimers
	};
}
