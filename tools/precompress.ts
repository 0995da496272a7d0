// Compresses a finished build once, as strongly as brotli and gzip go, so that the server only picks a file.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, copyFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const worthIt = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.wasm', '.txt']);

const packers: Record<'.br' | '.gz', (bytes: Buffer) => Promise<Buffer>> = {
	'.br': (bytes) =>
		promisify(brotliCompress)(bytes, {
			params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
		}),
	'.gz': (bytes) => promisify(gzip)(bytes, { level: 9 })
};

/**
 * Writes `x.br` and `x.gz` beside every text and wasm file under `folder` that shrinks.
 *
 * @param cache results by content: the wasm file takes seconds and hardly ever changes
 */
export async function precompress(folder: string, cache: string): Promise<void> {
	mkdirSync(cache, { recursive: true });
	const files = globSync('**/*.*', { cwd: folder }).filter((file) => worthIt.has(extname(file)));
	await Promise.all(
		files.flatMap((file) => {
			const path = join(folder, file);
			const bytes = readFileSync(path);
			const key = createHash('sha256').update(bytes).digest('hex');
			return Object.entries(packers).map(async ([suffix, pack]) => {
				const kept = join(cache, key + suffix);
				if (!existsSync(kept)) writeFileSync(kept, await pack(bytes));
				if (readFileSync(kept).length < bytes.length) copyFileSync(kept, path + suffix);
			});
		})
	);
}
