// Builds the lab into a copy of the finished suite: /lab/ on the suite's origin, /lab/vault-lab.html on the vault's.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { readBuild } from '../../tools/build.ts';
import { distFolder, Refusal } from '../../tools/project.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param dist a finished build
 * @returns a folder to serve with `startSuite({ dist })`, and what removes it
 */
export async function buildLab(dist = distFolder): Promise<{ dist: string; remove(): void }> {
	const record = readBuild(dist);
	if (record === undefined) throw new Refusal(`${dist} holds no finished build: npm run build first.`);
	const copy = mkdtempSync(join(tmpdir(), 'slf-lab-'));
	cpSync(dist, copy, { recursive: true });
	await build({
		root: folder,
		base: '/lab/',
		configFile: false,
		publicDir: false,
		logLevel: 'error',
		define: { __SLF_BUILD__: JSON.stringify(record.build), __SLF_ORIGINS__: JSON.stringify(record.origins) },
		build: {
			outDir: join(copy, 'lab'),
			emptyOutDir: true,
			target: 'es2023',
			modulePreload: false,
			reportCompressedSize: false,
			rolldownOptions: {
				input: [join(folder, 'lab.ts'), join(folder, 'vault-lab.ts')],
				output: { entryFileNames: '[name].js', format: 'es' }
			}
		}
	});
	for (const page of ['index.html', 'vault-lab.html']) cpSync(join(folder, page), join(copy, 'lab', page));
	// The vault's origin serves one app from its root.
	cpSync(join(copy, 'lab'), join(copy, 'passwords/lab'), { recursive: true });
	return { dist: copy, remove: () => rmSync(copy, { recursive: true, force: true, maxRetries: 5 }) };
}
