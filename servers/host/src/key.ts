/**
 * The key by which a server is known on the network: made once, kept in its data folder, readable by its owner only.
 * It protects nobody's data. It keeps the server's peer id, so that clients find the same one again.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'node.key';

/**
 * Reads the key in a folder, or makes folder and key.
 * @throws if the file exists and is not 32 bytes: a damaged key must not silently become another server
 */
export async function serverKey(dataDir: string): Promise<Ed25519PrivateKey> {
	await mkdir(dataDir, { recursive: true, mode: 0o700 });
	const path = join(dataDir, FILE);
	const seed = (await readIfThere(path)) ?? (await create(path));
	if (seed.length !== 32) throw new Error(`${path} is damaged: ${seed.length} bytes instead of 32`);
	return generateKeyPairFromSeed('Ed25519', seed);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
	try {
		return await readFile(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

async function create(path: string): Promise<Uint8Array> {
	const seed = randomBytes(32);
	const file = await open(path, 'wx', 0o600);
	try {
		await file.writeFile(seed);
		await file.sync();
	} finally {
		await file.close();
	}
	return seed;
}
