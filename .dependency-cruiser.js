// Who may import whom (ARCHITECTURE.md). Each rule's comment is what its error says.
//
//   apps -> suite, platform (`.`, `./svelte`), ui   servers -> platform's protocol, crypto and Node entry
//   suite -> platform (the same two doors), ui
//   in an app: routes -> components, state -> data -> domain
//   in the suite: screens -> settings -> components -> state -> domain
//   in the platform: worker -> sync -> log -> engine -> access, identity -> protocol, crypto
//                    svelte -> client -> protocol

const platform = '^shared/platform/src/';
const tests = '\\.(test|story)\\.ts$|^apps/[^/]+/src/lib/[^/]+/testing/';
const typesOnly = ['type-only'];

/** `from` must not import any of `folders` of the platform, not even their types. */
const layer = (folder, folders, comment) => ({
	name: `${folder}-layer`,
	comment,
	severity: 'error',
	from: { path: `${platform}${folder}/`, pathNot: tests },
	to: { path: `${platform}(${folders.join('|')})/` }
});

/** In the suite: code under `from` must not import from `to`. */
const suiteLayer = (from, to, comment) => ({
	name: `suite-${from}`,
	comment,
	severity: 'error',
	from: { path: `^shared/suite/src/${from}/`, pathNot: tests },
	to: { path: `^shared/suite/src/(${to.join('|')})/` }
});

/** In an app: code under `from` must not import from `to`. */
const appLayer = (from, to, comment) => ({
	name: `app-${from.replace('/', '-')}`,
	comment,
	severity: 'error',
	from: { path: `^apps/[^/]+/src/(lib/)?${from}/`, pathNot: tests },
	to: { path: `^apps/[^/]+/src/(lib/)?(${to.join('|')})/` }
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
	forbidden: [
		{
			name: 'apps-are-strangers',
			comment:
				'Apps never see each other. What two of them need belongs in shared/suite, shared/platform or shared/ui.',
			severity: 'error',
			from: { path: '^apps/([^/]+)/' },
			to: { path: '^apps/(?!$1/)[^/]+/' }
		},
		{
			name: 'apps-use-the-front-door',
			comment: 'Apps and suite import @slf/platform and @slf/platform/svelte, never what stands behind them.',
			severity: 'error',
			from: { path: '^(apps|shared/suite)/', pathNot: tests },
			to: { path: platform, pathNot: `${platform}(client|svelte)/index\\.ts$` }
		},
		{
			name: 'apps-use-the-door-of-the-suite',
			comment: 'An app imports @slf/suite and @slf/suite/domain, never what stands behind them.',
			severity: 'error',
			from: { path: '^apps/' },
			to: { path: '^shared/suite/', pathNot: '^shared/suite/src/(domain/)?index\\.ts$' }
		},
		{
			name: 'suite-knows-no-app',
			comment: 'shared/suite is what apps are made of: it imports platform and ui, no app, no server.',
			severity: 'error',
			from: { path: '^shared/suite/' },
			to: { path: '^(apps|servers|tools|e2e)/' }
		},
		{
			name: 'apps-run-in-browsers',
			comment: 'An app imports neither servers nor tools nor tests.',
			severity: 'error',
			from: { path: '^apps/[^/]+/src/' },
			to: { path: '^(servers|tools|e2e)/' }
		},
		{
			name: 'ui-knows-no-data',
			comment: 'shared/ui draws what it is given; it never imports the platform.',
			severity: 'error',
			from: { path: '^shared/ui/' },
			to: { path: '^(shared/(platform|suite)|apps|servers)/' }
		},
		{
			name: 'platform-draws-nothing',
			comment: 'shared/platform never imports ui, suite, apps, servers or tools.',
			severity: 'error',
			from: { path: '^shared/platform/src/' },
			to: { path: '^(shared/(ui|suite)|apps|servers|tools)/' }
		},
		{
			name: 'servers-cannot-read',
			comment:
				'A server imports only @slf/platform/protocol, /crypto and (server peers) /node: what it cannot import, it cannot decrypt.',
			severity: 'error',
			from: { path: '^servers/', pathNot: tests },
			to: { path: platform, pathNot: `${platform}((protocol|crypto)/|worker/node\\.ts$)` }
		},
		{
			name: 'servers-know-each-other-by-name',
			comment: 'A server uses another through its index, never its inner files.',
			severity: 'error',
			from: { path: '^servers/([^/]+)/' },
			to: { path: '^servers/(?!$1/)[^/]+/', pathNot: '^servers/[^/]+/src/index\\.ts$' }
		},
		appLayer(
			'lib/domain',
			['data', 'state', 'components', 'routes'],
			'The domain is pure: it imports nothing of the app.'
		),
		appLayer('lib/data', ['state', 'components', 'routes'], 'Queries and commands know the domain, not the screens.'),
		appLayer('lib/state', ['components', 'routes'], 'State that screens share does not know the screens.'),
		appLayer('lib/components', ['routes'], 'A component that needs a route belongs beside that route.'),
		suiteLayer('domain', ['state', 'components', 'settings', 'screens'], 'The domain is pure: it knows no screen.'),
		suiteLayer('state', ['components', 'settings', 'screens'], 'State that screens share does not know the screens.'),
		suiteLayer('components', ['settings', 'screens'], 'Screens are made of components, not the other way.'),
		layer(
			'crypto',
			['access', 'client', 'engine', 'identity', 'log', 'protocol', 'svelte', 'sync', 'worker'],
			'crypto imports nothing of the others.'
		),
		layer(
			'protocol',
			['access', 'client', 'engine', 'identity', 'log', 'svelte', 'sync', 'worker'],
			'protocol knows only crypto: every party to a wire imports it.'
		),
		layer(
			'access',
			['client', 'engine', 'log', 'svelte', 'sync', 'worker'],
			'access is pure: it knows protocol and crypto, no database, no network.'
		),
		layer(
			'identity',
			['client', 'engine', 'log', 'svelte', 'sync', 'worker'],
			'identity knows protocol and crypto; it reaches storage through the ProfileStore it is given.'
		),
		layer(
			'engine',
			['client', 'log', 'svelte', 'sync', 'worker'],
			'engine knows access and below; who seals and sends what it stores is not its concern.'
		),
		layer('log', ['client', 'svelte', 'sync', 'worker'], 'log knows engine and below, no network.'),
		layer(
			'sync',
			['client', 'engine', 'svelte', 'worker'],
			'sync reaches a database through the SyncStore it declares; worker joins them.'
		),
		{
			name: 'client-layer',
			comment: 'client runs in the page: of the platform it imports protocol, and types from anywhere.',
			severity: 'error',
			from: { path: `${platform}client/`, pathNot: tests },
			to: { path: `${platform}(?!client/|protocol/)`, dependencyTypesNot: typesOnly }
		},
		{
			name: 'svelte-layer',
			comment: 'svelte binds client, nothing below it.',
			severity: 'error',
			from: { path: `${platform}svelte/`, pathNot: tests },
			to: { path: `${platform}(?!client/|svelte/|protocol/)`, dependencyTypesNot: typesOnly }
		},
		{
			name: 'no-sodium-in-pages',
			comment: 'libsodium (110 kB) belongs in workers: what a page needs of protocol must not pull it in.',
			severity: 'error',
			from: { path: `${platform}(client|svelte)/index\\.ts$` },
			to: { path: 'node_modules/libsodium/', reachable: true }
		},
		{
			name: 'testing-stays-in-tests',
			comment: 'Only tests, benches and the simulator import testing/.',
			severity: 'error',
			from: { path: '^(shared|apps|servers)/', pathNot: `(${tests}|^shared/platform/(src/testing|bench)/)` },
			to: { path: `${platform}testing/` }
		},
		{
			name: 'no-node-in-browsers',
			comment:
				'This code also runs in browsers. What needs Node stands in a file whose name says `node`, or in testing/.',
			severity: 'error',
			from: {
				path: '^(shared/[^/]+/src|apps/[^/]+/src)/',
				pathNot: `(${tests}|^shared/platform/src/testing/|[/-]node[.-])`
			},
			to: { dependencyTypes: ['core'] }
		},
		{
			name: 'no-circles',
			comment: 'Circular imports make the order of start-up a matter of luck. Types may go in circles.',
			severity: 'error',
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: typesOnly } }
		},
		{
			name: 'no-unresolved',
			comment: 'This import leads nowhere.',
			severity: 'error',
			// Kit's virtual modules ($app/...) and Svelte's own resolution are svelte-check's to know.
			from: { pathNot: '^apps/[^/]+/(src|vite)|\\.svelte$' },
			to: { couldNotResolve: true, pathNot: '^\\$app/' }
		}
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		exclude: { path: '(^|/)(\\.svelte-kit|dist|\\.cache|toolchain)/' },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.base.json' },
		detectJSDocImports: true,
		enhancedResolveOptions: {
			exportsFields: ['exports'],
			conditionNames: ['svelte', 'import', 'node', 'default', 'types'],
			extensions: ['.ts', '.js', '.mjs', '.svelte', '.d.ts', '.json', '.css']
		},
		cache: { folder: '.cache/dependency-cruiser', strategy: 'content' }
	}
};
