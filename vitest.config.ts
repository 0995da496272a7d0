// Two kinds of tests: `unit` beside the code, under Node; `browser` in e2e/, real browsers against a real server.
import { defineConfig } from 'vitest/config';

const everywhere = { globals: false, passWithNoTests: false, allowOnly: false } as const;

export default defineConfig({
	test: {
		...everywhere,
		projects: [
			{
				test: {
					...everywhere,
					name: 'unit',
					environment: 'node',
					include: ['{shared,servers,apps}/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'e2e/*.test.ts'],
					exclude: ['**/node_modules/**'],
					testTimeout: 30_000
				}
			},
			{
				test: {
					...everywhere,
					name: 'browser',
					environment: 'node',
					include: ['e2e/**/*.story.ts'],
					exclude: ['**/node_modules/**'],
					// One story at a time: each has several browsers, and its times mean something.
					fileParallelism: false,
					maxConcurrency: 1,
					// A machine that is busy with something else can starve a browser for longer than any wait. One more attempt,
					// which the report shows; a story that needs it twice in a row fails.
					retry: 1,
					testTimeout: 180_000,
					hookTimeout: 120_000
				}
			}
		]
	}
});
