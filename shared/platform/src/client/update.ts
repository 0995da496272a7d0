/**
 * New builds of an app: found quietly, shown, and taken when the person says so, without losing a keystroke.
 *
 * States of a tab
 * - `current`    nothing newer is known
 * - `waiting`    a newer build is downloaded and waits for a click
 * - `stale`      another tab switched the app to a newer build; this one still runs the old code, text untouched
 * - `reloading`  the click was made here
 *
 * `update()` of a registration is never awaited: Chromium runs it at the lowest priority, and in a fresh browser it
 * may stay pending for minutes.
 */

import { buildLock } from '../protocol/bridge.ts';
import { PLATFORM_WORKER_URL, scriptUrl } from './script-url.ts';

export type UpdateState = 'current' | 'waiting' | 'stale' | 'reloading';

export interface AppUpdate {
	readonly state: UpdateState;
	/** Calls back at once and after every change. Returns the function that stops it. */
	onState(listener: (state: UpdateState) => void): () => void;
	/**
	 * Switches to the newest downloaded build and reloads this tab, after running everything given to `beforeReload`.
	 * Other tabs of the app become `stale`.
	 *
	 * @param outdated this build can go on no more: where no newer one is downloaded yet, it is asked of the server
	 */
	reload(options?: { outdated?: boolean }): Promise<void>;
	/** Runs right before this page goes away; saves what a reload would lose. Has 3 s. */
	beforeReload(save: () => unknown): () => void;
	/** Looks for a newer build now. Asked by itself at the start, on focus, when online again and every 30 min. */
	check(): void;
}

/** How long the switch to the new worker may take before the page reloads anyway, in ms. */
const SWITCH_LIMIT = 5000;
const SAVE_LIMIT = 3000;
const CHECK_EVERY = 30 * 60_000;
/** Two questions within this time are one, in ms. */
const CHECK_PAUSE = 1000;
/** After a start the page that asked for the switch has let go of its build lock. */
const TIDY_AFTER = 2000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Registers the app's service worker and the platform's, and watches both. One per page. */
export function watchForUpdates(options: { app?: string; build?: string; base?: string } = {}): AppUpdate {
	const app = options.app ?? __SLF_APP__;
	return new Updates(app, options.build ?? __SLF_BUILD__, options.base ?? `${__SLF_BASE__}/`);
}

class Updates implements AppUpdate {
	readonly #build: string;
	readonly #scriptUrl: string;
	readonly #listeners = new Set<(state: UpdateState) => void>();
	readonly #savers = new Set<() => unknown>();
	#state: UpdateState = 'current';
	#registration: ServiceWorkerRegistration | undefined;
	#asked = 0;

	constructor(app: string, build: string, base: string) {
		this.#build = build;
		this.#scriptUrl = `${base}service-worker.js`;
		// Held for the life of the page: service workers keep this build's files while somebody does.
		void navigator.locks.request(buildLock(app, build), { mode: 'shared' }, () => new Promise(() => {}));
		if (!('serviceWorker' in navigator)) return;
		this.#watchController();
		this.#watchNews();
		// Without a service worker (blocked, or a server without one) the app still runs; it is not kept for offline.
		this.#register(base).catch(() => {});
	}

	get state(): UpdateState {
		return this.#state;
	}

	onState(listener: (state: UpdateState) => void): () => void {
		this.#listeners.add(listener);
		listener(this.#state);
		return () => this.#listeners.delete(listener);
	}

	beforeReload(save: () => unknown): () => void {
		this.#savers.add(save);
		return () => this.#savers.delete(save);
	}

	check = (): void => {
		const registration = this.#registration;
		if (!registration || registration.waiting || Date.now() - this.#asked < CHECK_PAUSE) return;
		this.#asked = Date.now();
		registration.update().catch(() => {});
	};

	async reload({ outdated = false }: { outdated?: boolean } = {}): Promise<void> {
		this.#set('reloading');
		// Asked for now: after a second deploy the worker that was offered first is redundant.
		const waiting = this.#registration?.waiting;
		if (waiting) {
			const switched = new Promise<void>((resolve) => {
				waiting.addEventListener('statechange', () => {
					if (waiting.state === 'activated' || waiting.state === 'redundant') resolve();
				});
			});
			waiting.postMessage({ type: 'skip-waiting' });
			await Promise.race([switched, pause(SWITCH_LIMIT)]);
		}
		// Last, so that what was typed during the switch is saved too.
		const saved = Promise.allSettled([...this.#savers].map(async (save) => save()));
		await Promise.race([saved, pause(SAVE_LIMIT)]);
		if (outdated && !waiting) await this.#leaveServiceWorker().catch(() => {});
		location.reload();
	}

	/**
	 * The service worker would give the same old page again, until the browser finds time for its update. Without it the
	 * page comes from the server, and registers a new one; only where the server can be reached.
	 */
	async #leaveServiceWorker(): Promise<void> {
		if (!this.#registration) return;
		// Not among the files that it keeps.
		const answer = await fetch(this.#scriptUrl, { method: 'HEAD', cache: 'no-store' });
		if (answer.ok) await this.#registration.unregister();
	}

	#set(state: UpdateState): void {
		if (this.#state === state || this.#state === 'reloading') return;
		this.#state = state;
		for (const listener of [...this.#listeners]) listener(state);
	}

	/** Not a constant taken at the start: on a first visit there is none, and the first one to come is no update. */
	#watchController(): void {
		let last = navigator.serviceWorker.controller;
		navigator.serviceWorker.addEventListener('controllerchange', () => {
			const isFirst = last === null;
			last = navigator.serviceWorker.controller;
			if (!isFirst) this.#set('stale');
		});
	}

	/** Tabs of any app tell each other of newer builds, since a browser looks for itself once a day. */
	#watchNews(): void {
		const news = new BroadcastChannel('slf:build');
		news.onmessage = (event: MessageEvent<{ build?: string }>) => {
			if (Number(event.data?.build) > Number(this.#build)) this.check();
		};
		news.postMessage({ build: this.#build });
	}

	async #register(base: string): Promise<void> {
		const { serviceWorker } = navigator;
		// register() alone does not look for a new script when its address is the same.
		void serviceWorker
			.register(scriptUrl(PLATFORM_WORKER_URL), { scope: '/platform/', type: 'module', updateViaCache: 'none' })
			.then((registration) => registration.update())
			.catch(() => {});
		const registration = await serviceWorker.register(scriptUrl(this.#scriptUrl), {
			scope: base,
			type: 'module',
			updateViaCache: 'none'
		});
		this.#registration = registration;
		this.#watch(registration.waiting);
		this.#watch(registration.installing);
		registration.addEventListener('updatefound', () => this.#watch(registration.installing));
		document.addEventListener('visibilitychange', () => {
			if (document.visibilityState === 'visible') this.check();
		});
		addEventListener('focus', this.check);
		addEventListener('online', this.check);
		setInterval(this.check, CHECK_EVERY);
		setTimeout(() => void this.#tidy(), TIDY_AFTER);
	}

	#watch(worker: ServiceWorker | null): void {
		if (!worker) return;
		const look = (): void => {
			const isUpdate = navigator.serviceWorker.controller !== null;
			if (this.#registration?.waiting && isUpdate && this.#state !== 'stale') this.#set('waiting');
		};
		worker.addEventListener('statechange', look);
		look();
	}

	async #tidy(): Promise<void> {
		navigator.serviceWorker.controller?.postMessage({ type: 'tidy' });
		const platform = await navigator.serviceWorker.getRegistration('/platform/');
		platform?.active?.postMessage({ type: 'tidy' });
	}
}
