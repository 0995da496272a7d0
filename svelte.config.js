// What the four apps share. SvelteKit 3 refuses a configuration file in an app's own folder, so this is a module:
// each `apps/*/vite.config.ts` is one line that calls `suiteApp('notes')`.
import { fileURLToPath } from 'node:url';
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Where the finished suite goes; tools/build.ts sets it to a folder of its own while it builds. */
const dist = process.env.SLF_DIST ?? `${root}dist`;

/** A growing integer; `dev` never reaches a person. tools/build.ts sets it. */
const build = process.env.BUILD_ID ?? '0';

/**
 * The Trusted Types policies that exist in the suite, and no others:
 * Svelte's own for its compiled templates, SvelteKit's own for its service worker, and the platform's for the
 * addresses of its workers (it lets only `/platform/` and the app's own worker through).
 */
export const trustedTypes = ['svelte-trusted-html', 'sveltekit-trusted-url', 'platform-url'];

/**
 * The policy of every page. The server turns Kit's <meta> into a header and adds `frame-ancestors 'none'`,
 * which a <meta> cannot carry. `connect-src 'self'` covers the home node's WebSocket at /p2p.
 */
const contentSecurityPolicy = {
	'default-src': ['none'],
	'script-src': ['self', 'wasm-unsafe-eval'],
	'style-src': ['self'],
	// The one inline style attribute there is: SvelteKit's route announcer.
	'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
	'img-src': ['self', 'blob:', 'data:'],
	'font-src': ['self'],
	'connect-src': ['self'],
	'worker-src': ['self'],
	'manifest-src': ['self'],
	'base-uri': ['none'],
	'form-action': ['none'],
	'object-src': ['none'],
	'require-trusted-types-for': ['script'],
	'trusted-types': trustedTypes
};

/**
 * The SvelteKit options of one app.
 *
 * @param {'notes' | 'health' | 'finance' | 'passwords'} app its folder, and the path it is served under
 */
const kitOptions = (app) => ({
	adapter: adapter({ pages: `${dist}/${app}`, fallback: 'index.html' }),
	compilerOptions: { runes: true },
	csp: { mode: /** @type {const} */ ('hash'), directives: contentSecurityPolicy },
	output: { bundleStrategy: /** @type {const} */ ('split') },
	paths: { base: /** @type {`/${string}`} */ (`/${app}`), relative: false },
	// Our own worker (shared/platform/src/worker/app-service-worker.ts) is added after the build, by tools/pwa.ts.
	serviceWorker: { register: false },
	version: { name: build, pollInterval: 0 }
});

/**
 * The Vite configuration of one app.
 *
 * @param {'notes' | 'health' | 'finance' | 'passwords'} app
 * @returns {Promise<import('vite').UserConfig>}
 */
export const suiteApp = async (app) => ({
	plugins: await sveltekit(kitOptions(app)),
	define: { __SLF_APP__: JSON.stringify(app), __SLF_BUILD__: JSON.stringify(build) },
	build: { target: 'es2023', sourcemap: false }
});
