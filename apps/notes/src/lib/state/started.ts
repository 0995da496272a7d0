import { clock } from '@slf/suite';
import { keepHeadlines } from '#lib/data/headlines.ts';
import { continueMoves } from '#lib/data/moving.ts';
import type { App } from './app.svelte.ts';

/** At every start: what was not finished when the app was closed last. */
export function started({ platform }: App): void {
	continueMoves(platform, () => clock.now).catch(() => {
		// What is left stands in the table `moving` and is taken up at the next start.
	});
	keepHeadlines(platform, (ms) => new Promise((done) => setTimeout(done, ms))).catch(() => {
		// Lists show "New note" for a note whose title was not written; the next start tries again.
	});
}
