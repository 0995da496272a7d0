// Builds the suite into one folder of static files:
//
//   /home/...                          the home page and /link (apps/home); its folder is not in its address
//   /platform/switchboard.js           stable address: every build's tabs must meet in the same SharedWorker
//   /platform/engine.<build>.js        one build's workers; a tab of build N never runs build N+1's engine
//   /platform/network.<build>.js
//   /platform/sw.js                    service worker of /platform/
//   /platform/crsqlite-<hash>.wasm     named by content: unchanged from build to build, so it is fetched once
//   /<app>/...                         one SvelteKit app each, then its service worker and manifest; Passwords' folder is
//                                      the root of the vault's origin
//   *.br, *.gz                         beside every file worth it; the server picks
//   .build.json                        which build of which sources this is; the server hides dot files
//
// It is made in a folder of its own and renamed into place: nobody is ever served half a build.
import { createHash } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, relative } from 'node:path';
import type { Plugin } from 'vite';
import { withLock } from './lock.ts';
import { descriptions, manifestOf } from './manifests.ts';
import { baseOf, meetingPages, originOf, readOrigins, sitesWithScreens, type Origins } from './origins.ts';
import { precompress } from './precompress.ts';
import { cacheFolder, distFolder, root, Refusal, type App } from './project.ts';

const platform = join(root, 'shared/platform');
const require = createRequire(import.meta.url);

/** What `.build.json` holds. */
export interface BuildRecord {
	build: string;
	sources: string;
	apps: App[];
	/** As slf.config.json had them: what its pages believe. */
	origins: Origins;
}

/** What a browser build is made of: everything but tests, benches, servers and this file's own leftovers. */
const sourcePatterns = [
	'svelte.config.js',
	'slf.config.json',
	'pnpm-lock.yaml',
	'tsconfig.base.json',
	'apps/*/package.json',
	'apps/*/*.{ts,html,css}',
	'apps/*/{src,static}/**/*.*',
	'shared/*/package.json',
	'shared/*/src/**/*.*',
	'tools/{build,manifests,origins,precompress,content-security-policy,project}.ts',
	'tools/pwa/*'
];

/** A hash over the path and content of every source file. */
export function sourcesHash(): string {
	const hash = createHash('sha256');
	const files = globSync(sourcePatterns, {
		cwd: root,
		exclude: ['**/node_modules/**', '**/*.test.ts', '**/.svelte-kit/**']
	});
	for (const file of files.sort()) {
		if (!statSync(join(root, file)).isFile()) continue;
		hash
			.update(`${file}\0`)
			.update(readFileSync(join(root, file)))
			.update('\0');
	}
	return hash.digest('hex');
}

/** The build that stands in `folder`, if it is whole. */
export function readBuild(folder: string): BuildRecord | undefined {
	const path = join(folder, '.build.json');
	return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BuildRecord) : undefined;
}

/**
 * A growing integer, in seconds: the commit's time in a clean checkout, so that the same commit gives the same files;
 * now, where something is changed or there is no git. `BUILD_ID` overrides both.
 */
function nextBuild(): string {
	const given = process.env.BUILD_ID;
	if (given !== undefined) {
		if (!/^[1-9][0-9]*$/.test(given)) throw new Refusal(`BUILD_ID must be a positive integer, not "${given}".`);
		return given;
	}
	const git = (...args: string[]) =>
		execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
	const now = String(Math.floor(Date.now() / 1000));
	try {
		return git('status', '--porcelain').trim() === '' ? git('log', '-1', '--format=%ct').trim() : now;
	} catch {
		return now;
	}
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
	const start = performance.now();
	const result = await work();
	console.log(`  ${what.padEnd(28)} ${((performance.now() - start) / 1000).toFixed(1)} s`);
	return result;
}

/** Runs a command with the project's Node in `cwd`; its output shows only when it fails. */
function quietly(cwd: string, script: string, args: string[], env: Record<string, string>): Promise<void> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [script, ...args], { cwd, env: { ...process.env, ...env } });
		let output = '';
		for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
		child.on('error', reject);
		child.on('close', (code) =>
			code === 0 ? resolve() : reject(new Refusal(`${relative(root, cwd)}: the build failed.\n${output}`))
		);
	});
}

/** The engine's module names its wasm file beside itself; in the suite the file has an address of its own. */
const engineAddress = (address: string): Plugin => ({
	name: 'slf-engine-address',
	transform(code, id) {
		const own = 'new URL("crsqlite-sync.wasm",import.meta.url)';
		if (!id.includes('crsqlite-sync.mjs') || !code.includes(own)) return;
		return { code: code.replace(own, `new URL(${JSON.stringify(address)},location.href)`), map: null };
	}
});

/**
 * Bundles one worker of the platform into a single file: a worker that loads chunks could load another build's.
 *
 * @param plugins of a story that needs an attacker's build
 */
export async function buildWorker(
	entry: string,
	file: string,
	out: string,
	defines: Record<string, unknown>,
	plugins: Plugin[] = []
): Promise<void> {
	if (!existsSync(join(platform, entry))) throw new Refusal(`shared/platform/${entry} is not there.`);
	const { build } = await import('vite');
	await build({
		root: platform,
		base: '/platform/',
		configFile: false,
		publicDir: false,
		logLevel: 'error',
		define: Object.fromEntries(Object.entries(defines).map(([name, value]) => [name, JSON.stringify(value)])),
		plugins: [engineAddress(String(defines.__SLF_CRSQLITE__)), ...plugins],
		build: {
			outDir: join(out, 'platform'),
			emptyOutDir: false,
			target: 'es2023',
			modulePreload: false,
			reportCompressedSize: false,
			chunkSizeWarningLimit: Infinity,
			rolldownOptions: {
				input: join(platform, entry),
				output: { format: 'es', entryFileNames: file, codeSplitting: false }
			}
		}
	});
}

/** vite-plugin-pwa asks for one file in words that Vite 8 has renamed, and prints a report of it. */
const oneQuietFile: Plugin = {
	name: 'slf-one-quiet-file',
	config(config) {
		config.logLevel = 'error';
		const output = (config.build?.rolldownOptions ?? config.build?.rollupOptions)?.output;
		if (output === undefined || Array.isArray(output)) return;
		delete output.inlineDynamicImports;
		output.codeSplitting = false;
	}
};

/** Adds the manifest and the service worker to a finished app: what vite-plugin-pwa does, as a step of its own. */
async function addServiceWorker(app: App, build: string, out: string): Promise<void> {
	const [vite, { VitePWA }] = await Promise.all([import('vite'), import('vite-plugin-pwa')]);
	// The plugin wants a build to hang on to. This one is empty and leaves no file.
	const nothing: Plugin = {
		name: 'slf-nothing',
		resolveId: (id) => (id === 'virtual:nothing' ? '\0nothing' : null),
		load: (id) => (id === '\0nothing' ? '' : null),
		generateBundle: {
			order: 'pre',
			handler(_, bundle) {
				for (const [name, part] of Object.entries(bundle)) if (part.type === 'chunk') delete bundle[name];
			}
		}
	};
	const base = `${baseOf(app)}/`;
	await vite.build({
		root: join(root, 'tools/pwa'),
		base,
		configFile: false,
		publicDir: false,
		logLevel: 'error',
		define: {
			__SLF_APP__: JSON.stringify(app),
			__SLF_BASE__: JSON.stringify(baseOf(app)),
			__SLF_BUILD__: JSON.stringify(build),
			// Pages with headers of their own: the shell's would be wrong for them.
			__SLF_PAGES__: JSON.stringify(originOf(app) === 'vault' ? [meetingPages.vault.path] : [])
		},
		build: {
			outDir: join(out, app),
			emptyOutDir: false,
			target: 'es2023',
			modulePreload: false,
			rolldownOptions: { input: 'virtual:nothing' }
		},
		plugins: [
			nothing,
			VitePWA({
				strategies: 'injectManifest',
				srcDir: '.',
				filename: 'service-worker.ts',
				outDir: join(out, app),
				scope: base,
				injectRegister: false,
				registerType: 'prompt',
				includeManifestIcons: false,
				manifest: manifestOf(app),
				manifestFilename: 'manifest.webmanifest',
				injectManifest: {
					// Not the manifest itself: listed twice it would make the worker's installation fail.
					globPatterns: ['**/*.{js,css,html,png,svg,woff2,wasm}'],
					// The system fetches the big icons when it installs the app; no page shows them.
					globIgnores: ['service-worker.js', 'icons/{512,maskable,monochrome}.png'],
					dontCacheBustURLsMatching: /_app\/immutable\//,
					maximumFileSizeToCacheInBytes: 8 << 20,
					rollupFormat: 'es',
					sourcemap: false,
					buildPlugins: { vite: [oneQuietFile] }
				}
			})
		]
	});
}

/**
 * Builds everything into `out` (default: dist/), replacing what is there in one rename.
 *
 * @returns the build's record
 * @throws Refusal with the failing tool's output
 */
export async function buildSuite({
	out = distFolder,
	build = nextBuild()
}: { out?: string; build?: string } = {}): Promise<BuildRecord> {
	// Two builds at once would write into the same .svelte-kit folders.
	return withLock('build', async () => {
		process.env.NODE_ENV = 'production';
		const start = performance.now();
		const sources = sourcesHash();
		const origins = readOrigins();
		const sites = sitesWithScreens();
		const built = sites.filter((site) => site !== 'home');
		const half = join(cacheFolder, `build-${process.pid}`);
		rmSync(half, { recursive: true, force: true });
		mkdirSync(join(half, 'platform'), { recursive: true });
		console.log(
			`Building ${['the platform', ...built.map((app) => descriptions[app].name)].join(', ')} (build ${build}) …`
		);

		try {
			const wasm = readFileSync(
				createRequire(join(platform, 'package.json')).resolve('@vlcn.io/wa-sqlite/dist/crsqlite-sync.wasm')
			);
			const wasmName = `crsqlite-${createHash('sha256').update(wasm).digest('hex').slice(0, 12)}.wasm`;
			writeFileSync(join(half, 'platform', wasmName), wasm);

			const workers = { switchboard: 'switchboard.js', engine: `engine.${build}.js`, network: `network.${build}.js` };
			const files = [wasmName, ...Object.values(workers)].map((name) => `/platform/${name}`);
			const defines = {
				__SLF_BUILD__: build,
				__SLF_ORIGINS__: origins,
				__SLF_CRSQLITE__: `/platform/${wasmName}`,
				__SLF_PLATFORM_FILES__: files
			};
			const buildWorkers = async () => {
				await timed('switchboard', () => buildWorker('src/worker/switchboard.ts', workers.switchboard, half, defines));
				await timed('engine worker', () => buildWorker('src/worker/engine-main.ts', workers.engine, half, defines));
				await timed('network worker', () => buildWorker('src/worker/network-main.ts', workers.network, half, defines));
				await timed('platform service worker', () =>
					buildWorker('src/worker/platform-service-worker.ts', 'sw.js', half, defines)
				);
			};
			const vite = join(require.resolve('vite/package.json'), '../bin/vite.js');
			const environment = { BUILD_ID: build, SLF_DIST: half, SLF_CRSQLITE: `/platform/${wasmName}` };
			const buildApps = async () => {
				for (const site of sites) {
					await timed(site === 'home' ? 'home page' : descriptions[site].name, () =>
						quietly(join(root, 'apps', site), vite, ['build', '--logLevel', 'warn'], environment)
					);
				}
			};
			// Both to their end: what still writes into the folder must not outlive it.
			for (const outcome of await Promise.allSettled([buildWorkers(), buildApps()])) {
				if (outcome.status === 'rejected') throw outcome.reason;
			}

			for (const app of built)
				await timed(`${descriptions[app].name}: service worker`, () => addServiceWorker(app, build, half));
			await timed('compression', () => precompress(half, join(cacheFolder, 'compressed')));

			const record: BuildRecord = { build, sources, apps: built, origins };
			writeFileSync(join(half, '.build.json'), JSON.stringify(record));
			rmSync(out, { recursive: true, force: true });
			mkdirSync(join(out, '..'), { recursive: true });
			renameSync(half, out);
			console.log(`Built in ${((performance.now() - start) / 1000).toFixed(1)} s: ${describe(out)}`);
			return record;
		} finally {
			rmSync(half, { recursive: true, force: true });
		}
	});
}

/** Builds only when a source file changed since `dist/` was built. */
export async function buildIfChanged(): Promise<BuildRecord> {
	const standing = readBuild(distFolder);
	if (standing !== undefined && standing.sources === sourcesHash()) {
		console.log(`Nothing changed since build ${standing.build}.`);
		return standing;
	}
	return buildSuite();
}

function describe(out: string): string {
	const files = globSync('**/*.*', { cwd: out }).filter((file) => !['.br', '.gz'].includes(extname(file)));
	const bytes = files.reduce((sum, file) => {
		const path = join(out, file);
		return sum + statSync(existsSync(`${path}.br`) ? `${path}.br` : path).size;
	}, 0);
	return `${files.length} files, ${Math.round(bytes / 1024)} kB compressed.`;
}
