/**
 * The rows of a register as they are needed: a window around what is on screen, kept fresh, and the rows that were
 * there before until the next window answers. Whatever the ledger holds, some hundred rows are here.
 */

import { untrack } from 'svelte';
import { liveQuery } from '@slf/platform/svelte';
import { found, foundSize, type Filter } from '#lib/data/find.ts';
import type { Query } from '#lib/data/query.ts';
import {
	accountSize,
	accountWindow,
	conflicts,
	entriesSize,
	entriesWindow,
	trash,
	type AccountRow,
	type EntryRow
} from '#lib/data/register.ts';
import { placeKey, type Place } from '#lib/domain/place.ts';
import type { App } from './app.svelte.ts';
import { entryOfRow, type Entry } from './entry.ts';

/** Windows begin at multiples of this, so that scrolling by a few rows asks for nothing. */
const STEP = 100;
/** Rows in a window: the screen is somewhere in its middle. */
const WINDOW = 400;
/** Nobody scrolls through more of what a search found; it says so. */
export const MOST_FOUND = 5000;
const MOST_LISTED = 1000;

type AnyRow = EntryRow | AccountRow;
interface Source {
	/** Of all that belongs together: rows of another one are never shown in its place. */
	readonly key: string;
	readonly window: (offset: number) => Query<AnyRow>;
	/** Undefined: as many as the window has. */
	readonly size: Query<{ size: number }> | undefined;
}

export class RegisterRows {
	readonly #app: App;
	readonly #source: Source;
	#offset = $state(0);
	#kept: { key: string; offset: number; rows: readonly AnyRow[] } | undefined;
	readonly #size;
	readonly #rows;
	readonly #account: string | undefined;

	constructor(app: App, place: Place, filter: Filter | undefined) {
		this.#app = app;
		this.#account = place.kind === 'account' ? place.id : undefined;
		const source = sourceOf(app, place, filter);
		this.#source = source;
		const size = source.size === undefined ? undefined : liveQuery<{ size: number }>(app.platform, source.size);
		const query = $derived(liveQuery<AnyRow>(app.platform, source.window(this.#offset)));
		this.#rows = $derived.by(() => {
			const offset = this.#offset;
			const { rows } = query;
			if (rows) this.#kept = { key: source.key, offset, rows };
			return this.#kept;
		});
		this.#size = $derived(size === undefined ? this.#rows?.rows.length : size.rows?.[0]?.size);
	}

	/** Undefined until the first answer. */
	get size(): number | undefined {
		return this.#size;
	}

	readonly at = (index: number): Entry | undefined => {
		const window = this.#rows;
		const row = window?.rows[index - window.offset];
		return row && entryOfRow(this.#app, row, this.#account);
	};

	readonly show = (from: number, to: number): void => {
		const offset = untrack(() => this.#offset);
		const here = from >= offset && to <= offset + WINDOW;
		if (this.#source.size === undefined || here) return;
		this.#offset = Math.max(0, Math.floor(((from + to) / 2 - WINDOW / 2) / STEP) * STEP);
	};
}

function sourceOf(app: App, place: Place, filter: Filter | undefined): Source {
	const key = `${placeKey(place)} ${JSON.stringify(filter ?? null)}`;
	if (filter)
		return {
			key,
			window: (offset) => found(filter, { offset, limit: WINDOW }),
			size: foundSize(filter, MOST_FOUND)
		};
	switch (place.kind) {
		case 'trash':
			return { key, window: () => trash(MOST_LISTED), size: undefined };
		case 'conflicts':
			return { key, window: () => conflicts(MOST_LISTED), size: undefined };
		case 'account': {
			const { scope, id } = place;
			const ref = { scope_id: scope, id };
			const currency = app.account(scope, id)?.currency ?? '';
			return {
				key,
				window: (offset) => accountWindow(ref, currency, { offset, limit: WINDOW }),
				size: accountSize(ref, currency)
			};
		}
		default: {
			const scopes = place.kind === 'ledger' ? [place.scope] : app.scopesOfLedgers;
			return { key, window: (offset) => entriesWindow(scopes, { offset, limit: WINDOW }), size: entriesSize(scopes) };
		}
	}
}
