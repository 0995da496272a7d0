/**
 * Copies secrets, and clears them again as far as a web page can.
 *
 * What a page can do: write to the clipboard while it is in front. It can neither see when something is pasted nor
 * clear while another window is in front, and what a clipboard manager or the system's history has taken it cannot
 * reach at all. So: when the time is up and the page is in front, it clears; else it clears as soon as the page is in
 * front again, and when the vault is locked it tries at once. What was copied elsewhere since is left alone where the
 * browser lets the page look, which it is never asked for only to clear.
 */

/** How long a copied secret stays, in ms. */
export const STAYS = 30_000;

/** What the keeper needs of the page. */
export interface ClipboardPort {
	write(text: string): Promise<void>;
	/** What is in the clipboard, where the page may look without asking; else undefined. */
	peek(): Promise<string | undefined>;
	hasFocus(): boolean;
	/** Calls back each time the page comes to the front. Gives the function that stops it. */
	onFocus(callback: () => void): () => void;
	after(ms: number, callback: () => void): () => void;
}

export type ClipboardState =
	| 'empty'
	/** Something of ours is in it and its time runs. */
	| 'holds'
	/** Its time is up, and the page is not in front. */
	| 'due';

export class ClipboardKeeper {
	/** Told of every change. */
	onChange: (state: ClipboardState) => void = () => {};
	readonly #port: ClipboardPort;
	#state: ClipboardState = 'empty';
	/** What was copied, until it is cleared: to tell whether it is still there. */
	#held: string | undefined;
	#stopTimer: (() => void) | undefined;
	#stopFocus: (() => void) | undefined;

	constructor(port: ClipboardPort) {
		this.#port = port;
	}

	get state(): ClipboardState {
		return this.#state;
	}

	/** Rejects when the browser does not allow it; nothing is held then. */
	async copy(text: string): Promise<void> {
		await this.#port.write(text);
		this.#forget();
		this.#held = text;
		this.#stopTimer = this.#port.after(STAYS, () => void this.#due());
		this.#become('holds');
	}

	/** Clears now, or as soon as the page is in front. For the button, and for when the vault is locked. */
	async clear(): Promise<void> {
		if (this.#held === undefined) return;
		this.#stopTimer?.();
		await this.#due();
	}

	async #due(): Promise<void> {
		if (!this.#port.hasFocus() || !(await this.#tryClear())) {
			this.#stopFocus ??= this.#port.onFocus(() => void this.#due());
			if (this.#held !== undefined) this.#become('due');
			return;
		}
		this.#forget();
		this.#become('empty');
	}

	async #tryClear(): Promise<boolean> {
		const held = this.#held;
		const present = await this.#port.peek().catch(() => undefined);
		// Something else was copied since: that is not ours to remove.
		if (present !== undefined && present !== held) return true;
		try {
			// A space: what an empty text does to the clipboard differs between browsers and systems.
			await this.#port.write(' ');
			return true;
		} catch {
			return false;
		}
	}

	#forget(): void {
		this.#held = undefined;
		this.#stopTimer?.();
		this.#stopFocus?.();
		this.#stopTimer = this.#stopFocus = undefined;
	}

	#become(state: ClipboardState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.onChange(state);
	}
}

/** The clipboard of this page. */
export function pageClipboard(): ClipboardPort {
	return {
		write: (text) => navigator.clipboard.writeText(text),
		async peek() {
			// A query never asks the person; where the name is unknown the page may not look.
			const name = 'clipboard-read' as PermissionName;
			const permission = await navigator.permissions.query({ name }).catch(() => undefined);
			return permission?.state === 'granted' ? navigator.clipboard.readText() : undefined;
		},
		hasFocus: () => document.hasFocus(),
		onFocus(callback) {
			addEventListener('focus', callback);
			return () => removeEventListener('focus', callback);
		},
		after(ms, callback) {
			const timer = setTimeout(callback, ms);
			return () => clearTimeout(timer);
		}
	};
}
