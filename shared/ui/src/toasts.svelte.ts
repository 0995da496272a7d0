/** Short messages at the foot of the page. What can be undone says so here instead of asking first. */

import { createContext } from 'svelte';

export interface Toast {
	id: number;
	message: string;
	action?: { label: string; run: () => void };
	tone: 'plain' | 'danger';
}

/** Long enough to read a sentence and reach for "Undo". */
const STAYS_MS = 8_000;

export class Toasts {
	shown = $state.raw<readonly Toast[]>([]);
	#next = 1;
	readonly #timers: Record<number, ReturnType<typeof setTimeout>> = {};

	show(message: string, options: { action?: Toast['action']; tone?: Toast['tone'] } = {}): void {
		const toast: Toast = {
			id: this.#next++,
			message,
			tone: options.tone ?? 'plain',
			...(options.action ? { action: options.action } : {})
		};
		// One at a time: a second message means that the first is no longer news.
		for (const old of this.shown) this.dismiss(old.id);
		this.shown = [toast];
		this.resume(toast.id);
	}

	/** Stays while somebody points at it or has it focused. */
	pause(id: number): void {
		clearTimeout(this.#timers[id]);
		delete this.#timers[id];
	}

	resume(id: number): void {
		this.pause(id);
		this.#timers[id] = setTimeout(() => this.dismiss(id), STAYS_MS);
	}

	act(toast: Toast): void {
		this.dismiss(toast.id);
		toast.action?.run();
	}

	dismiss(id: number): void {
		this.pause(id);
		this.shown = this.shown.filter((toast) => toast.id !== id);
	}
}

export const [getToasts, setToasts] = createContext<Toasts>();
