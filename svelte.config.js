// What the four apps share. SvelteKit 3 refuses a configuration file in an app's own folder, so this is a module:
// each `apps/*/vite.config.ts` is one line that calls `suiteApp('notes')`.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { contentSecurityPolicy } from './tools/content-security-policy.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Where the finished suite goes; tools/build.ts sets it to a folder of its own while it builds. */
const dist = process.env.SLF_DIST ?? `${root}dist`;

/** A growing integer; `dev` never reaches a person. tools/build.ts sets it. */
const build = process.env.BUILD_ID ?? '0';

/** `npm start -- --dev`: the workers and the home node come from the suite that runs beside, on the same origin. */
const suite = process.env.SLF_SUITE;
const developmentServer = {
	headers: { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' },
	proxy: suite === undefined ? {} : { '/platform': suite, '/p2p': { target: suite, ws: true } }
};

/**
 * The class that scopes a component's styles. Svelte's own takes the file's absolute path where the file is outside the
 * app (shared/ui): the same sources in another folder would give other files.
 *
 * @type {import('svelte/compiler').CssHashGetter}
 */
const scopeClass = ({ css, filename, hash }) => `svelte-${hash(filename?.replace(root, '') ?? css)}`;

/**
 * The SvelteKit options of one app.
 *
 * @param {'notes' | 'health' | 'finance' | 'passwords'} app its folder, and the path it is served under
 */
const kitOptions = (app) => ({
	adapter: adapter({ pages: `${dist}/${app}`, fallback: 'index.html' }),
	compilerOptions: { runes: true, cssHash: scopeClass },
	csp: { mode: /** @type {const} */ ('hash'), directives: contentSecurityPolicy },
	output: { bundleStrategy: /** @type {const} */ ('split') },
	paths: { base: /** @type {`/${string}`} */ (`/${app}`), relative: false },
	// Our own worker (shared/platform/src/worker/app-service-worker.ts) is added after the build, by tools/build.ts.
	serviceWorker: { register: false },
	version: { name: build, pollInterval: 0 }
});

/**
 * The tables of an app, for `createPlatform()` without a schema.
 *
 * @param {string} app
 */
const schemaOf = (app) => {
	const file = `${root}apps/${app}/src/lib/schema.sql`;
	return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

/**
 * The Vite configuration of one app.
 *
 * @param {'notes' | 'health' | 'finance' | 'passwords'} app
 * @returns {Promise<import('vite').UserConfig>}
 */
export const suiteApp = async (app) => ({
	plugins: await sveltekit(kitOptions(app)),
	define: {
		__SLF_APP__: JSON.stringify(app),
		__SLF_BUILD__: JSON.stringify(build),
		__SLF_CRSQLITE__: JSON.stringify(process.env.SLF_CRSQLITE ?? ''),
		__SLF_SCHEMA__: JSON.stringify(schemaOf(app))
	},
	build: { target: 'es2023', sourcemap: false },
	server: developmentServer
});
