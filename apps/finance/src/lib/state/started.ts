import { rebuildIfOlder } from '#lib/data/rebuild.ts';
import type { App } from './app.svelte.ts';

/** At every start: sums that an older version of the app computed otherwise are made anew. */
export function started(app: App): void {
	let told = 0;
	const progress = (done: number, of: number) => {
		// A ledger of this size takes a moment, and its balances are not right before.
		if (of < 5000 || done - told < of / 10) return;
		told = done;
		app.toasts.show(`Adding up anew after an update: ${Math.floor((done / of) * 100)} %`);
	};
	rebuildIfOlder(app.platform, progress).catch((error: unknown) => app.complain(error));
}
