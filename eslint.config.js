// Lint: mistakes and the house rules that a tool can see. Form is prettier's, layers are dependency-cruiser's.
// Every ban says what to use instead.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

const tests = ['**/*.test.ts', '**/*.story.ts'];

const clock =
	'Take the time from the `clock` the caller passes: the simulator runs this code under a clock of its own.';
const random =
	'Take randomness from the `random` port, or from crypto/randomBytes for keys and nonces: the simulator replays a run from its seed.';
const timer = 'Let worker/ schedule this and call in: the simulator decides when things happen.';

/** Folders whose code must do the same thing twice: the simulator runs them under its own clock, chance and network. */
const pure = ['access', 'log', 'sync', 'engine', 'crypto', 'protocol'].map(
	(folder) => `shared/platform/src/${folder}/**/*.ts`
);

export default ts.config(
	{ ignores: ['**/dist/', '**/.svelte-kit/', '.cache/', 'tools/toolchain/', '.home-data/', '**/node_modules/'] },
	js.configs.recommended,
	...ts.configs.recommended,
	...svelte.configs.recommended,
	{
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		languageOptions: { globals: { ...globals.browser, ...globals.node, ...globals.worker } },
		rules: {
			// TypeScript knows which names exist.
			'no-undef': 'off',
			// `while (true)` is fine where the loop says how it ends.
			'no-constant-condition': ['error', { checkLoops: false }],
			eqeqeq: ['error', 'always'],
			'no-console': 'error',
			'no-var': 'error',
			'prefer-const': ['error', { destructuring: 'all' }],
			'@typescript-eslint/consistent-type-imports': [
				'error',
				{ fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }
			],
			// Hand-written types of a package stand in a .d.ts beside its one importer.
			'@typescript-eslint/triple-slash-reference': ['error', { path: 'always', lib: 'always', types: 'prefer-import' }],
			// Escaping control characters of strangers is what such a pattern is for.
			'no-control-regex': 'off',
			'@typescript-eslint/no-explicit-any': 'error',
			// Assertions stand where an index was just checked; noUncheckedIndexedAccess would ask for a second check.
			'@typescript-eslint/no-non-null-assertion': 'off',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }
			]
		}
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser } },
		rules: {
			'svelte/no-at-html-tags': 'error',
			'svelte/button-has-type': 'error',
			'svelte/require-each-key': 'error',
			// Knows that `$props()` may be bound from outside.
			'prefer-const': 'off',
			'svelte/prefer-const': ['error', { destructuring: 'all' }],
			// Reads the words of the reason behind a code as further codes.
			'svelte/no-unused-svelte-ignore': 'off',
			// Components set custom properties this way; the policy forbids only style attributes in markup.
			'svelte/no-inline-styles': 'off',
			// All our links are within one app, whose base path never changes.
			'svelte/no-navigation-without-resolve': 'off'
		}
	},
	{
		// Promises nobody waits for lose their errors. Needs types, so only where programs are checked as one.
		files: ['shared/platform/src/**/*.ts', 'servers/*/src/**/*.ts', 'tools/*.ts', 'e2e/**/*.ts'],
		ignores: ['**/*.d.ts'],
		languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
		rules: {
			'@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
			'@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }]
		}
	},
	{
		files: pure,
		ignores: tests,
		rules: {
			'no-restricted-properties': [
				'error',
				{ object: 'Math', property: 'random', message: random },
				{ object: 'Date', property: 'now', message: clock },
				{ object: 'performance', property: 'now', message: clock }
			],
			'no-restricted-syntax': [
				'error',
				{ selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clock },
				{ selector: "CallExpression[callee.name='Date']", message: clock }
			],
			'no-restricted-globals': [
				'error',
				{ name: 'setTimeout', message: timer },
				{ name: 'setInterval', message: timer },
				{ name: 'requestAnimationFrame', message: timer },
				{ name: 'fetch', message: 'Only sync/transport talks to a network.' },
				{ name: 'WebSocket', message: 'Only sync/transport talks to a network.' },
				{ name: 'localStorage', message: 'What must be kept goes into a database or a ProfileStore.' },
				{ name: 'window', message: 'This runs in workers and in Node.' },
				{ name: 'document', message: 'This runs in workers and in Node.' }
			]
		}
	},
	{
		// The edges where clock, chance, disk and network come in from outside.
		files: ['shared/platform/src/sync/transport/**/*.ts', 'shared/platform/src/engine/storage/**/*.ts'],
		rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' }
	},
	{
		files: ['{apps/*,shared/suite}/src/**/*.{ts,svelte}'],
		rules: {
			'no-restricted-globals': [
				'error',
				{ name: 'fetch', message: 'Apps have no servers: data comes from the platform.' },
				{ name: 'localStorage', message: 'What a person writes goes into the database.' },
				{ name: 'indexedDB', message: 'What a person writes goes into the database.' }
			]
		}
	},
	{
		// Programs talk to the person at the terminal.
		files: [
			'tools/**',
			'e2e/**',
			'servers/*/src/{main,index,standalone}.ts',
			'shared/platform/bench/**',
			'shared/platform/src/testing/*-main.ts'
		],
		rules: { 'no-console': 'off' }
	}
);
