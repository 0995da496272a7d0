// What the four apps and the home page share. SvelteKit 3 refuses a configuration file in an app's own folder, so this
// is a module: each `apps/*/vite.config.ts` is one line that calls `suiteApp('notes')`.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { contentSecurityPolicy } from './tools/content-security-policy.ts';
import { descriptions } from './tools/manifests.ts';
import { baseOf, meetingPages, originOf, readOrigins } from './tools/origins.ts';
import { appsWithScreens } from './tools/project.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Where the finished suite goes; tools/build.ts sets it to a folder of its own while it builds. */
const dist = process.env.SLF_DIST ?? `${root}dist`;

/** A growing integer; `dev` never reaches a person. tools/build.ts sets it. */
const build = process.env.BUILD_ID ?? '0';

/** `npm start -- --dev`: the workers and the home node come from the suite that runs beside, on the same origin. */
const suite = process.env.SLF_SUITE;
const developmentServer = {
	proxy: suite === undefined ? {} : { '/platform': suite, '/p2p': { target: suite, ws: true } }
};

/** And every site has a development server of its own: where each of them answers. */
const developed = /** @type {Partial<Record<import('./tools/origins.ts').Site, string>>} */ (
	JSON.parse(process.env.SLF_SITES ?? '{}')
);

/** @type {import('./tools/origins.ts').Origins} */
const origins = Object.assign(readOrigins(), {
	...(developed.home === undefined ? {} : { suite: developed.home }),
	...(developed.passwords === undefined ? {} : { vault: developed.passwords })
});

/** The apps that are built, in the order in which people see them. */
const suiteApps = appsWithScreens().map((name) => ({
	name,
	label: descriptions[name].name,
	line: descriptions[name].line,
	href: `${developed[name] ?? origins[originOf(name)]}${baseOf(name)}/`
}));

/**
 * The headers of tools/serve.ts that a page notices, for development.
 *
 * @param {import('./tools/origins.ts').Site} site
 * @returns {import('vite').Plugin}
 */
const developmentHeaders = (site) => ({
	name: 'slf-development-headers',
	configureServer(server) {
		const { path, openerPolicy } = meetingPages[originOf(site)];
		server.middlewares.use((request, response, next) => {
			const isMeeting = baseOf(site) === '' && request.url?.split('?', 1)[0] === path;
			response.setHeader('cross-origin-opener-policy', isMeeting ? openerPolicy : 'same-origin');
			response.setHeader('cross-origin-embedder-policy', 'require-corp');
			next();
		});
	}
});

/**
 * The class that scopes a component's styles. Svelte's own takes the file's absolute path where the file is outside the
 * app (shared/ui): the same sources in another folder would give other files.
 *
 * @type {import('svelte/compiler').CssHashGetter}
 */
const scopeClass = ({ css, filename, hash }) => `svelte-${hash(filename?.replace(root, '') ?? css)}`;

/**
 * The SvelteKit options of one site.
 *
 * @param {import('./tools/origins.ts').Site} site its folder
 */
const kitOptions = (site) => ({
	// The home page is written out when it is built; an app has one page that answers every address.
	adapter: adapter({ pages: `${dist}/${site}`, ...(site === 'home' ? {} : { fallback: 'index.html' }) }),
	compilerOptions: { runes: true, cssHash: scopeClass },
	csp: { mode: /** @type {const} */ ('hash'), directives: contentSecurityPolicy },
	output: { bundleStrategy: /** @type {const} */ ('split') },
	paths: { base: baseOf(site), relative: false },
	// The home page links to apps, which are built apart.
	prerender: { crawl: false },
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
 * The Vite configuration of one site.
 *
 * @param {import('./tools/origins.ts').Site} site
 * @returns {Promise<import('vite').UserConfig>}
 */
export const suiteApp = async (site) => ({
	plugins: [developmentHeaders(site), ...(await sveltekit(kitOptions(site)))],
	define: {
		__SLF_APP__: JSON.stringify(site),
		__SLF_APPS__: JSON.stringify(suiteApps),
		__SLF_BASE__: JSON.stringify(baseOf(site)),
		__SLF_BUILD__: JSON.stringify(build),
		__SLF_CRSQLITE__: JSON.stringify(process.env.SLF_CRSQLITE ?? ''),
		__SLF_ORIGINS__: JSON.stringify(origins),
		__SLF_SCHEMA__: JSON.stringify(schemaOf(site))
	},
	build: { target: 'es2023', sourcemap: false },
	server: developmentServer
});
