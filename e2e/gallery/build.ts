// Builds the gallery of components into a copy of the finished suite, so that it is served under the suite's policy.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build } from 'vite';
import { distFolder, root } from '../../tools/project.ts';

/**
 * @param dist a finished build
 * @returns a folder to serve with `startSuite({ dist })`, and what removes it
 */
export async function buildGallery(dist = distFolder): Promise<{ dist: string; remove(): void }> {
	const copy = mkdtempSync(join(tmpdir(), 'slf-gallery-'));
	cpSync(dist, copy, { recursive: true });
	const folder = join(root, 'shared/ui/gallery');
	await build({
		root: folder,
		base: '/gallery/',
		configFile: false,
		logLevel: 'error',
		plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
		build: { outDir: join(copy, 'gallery'), emptyOutDir: true, target: 'es2023', reportCompressedSize: false }
	});
	return { dist: copy, remove: () => rmSync(copy, { recursive: true, force: true, maxRetries: 5 }) };
}
