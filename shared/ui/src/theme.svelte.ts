/**
 * Light, dark, or as the system has it. The choice is this browser's alone: a phone in bed and a laptop in the
 * sun need not agree, so it is not synced. `tokens.css` reads `data-theme` on <html>.
 */

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'slf:theme';

class ThemeChoice {
	#value = $state<Theme>(read());

	constructor() {
		this.#apply();
		// The other apps of the suite share this origin, and so the choice.
		globalThis.addEventListener?.('storage', (event: Event) => {
			if ((event as StorageEvent).key !== KEY) return;
			this.#value = read();
			this.#apply();
		});
	}

	get value(): Theme {
		return this.#value;
	}

	set value(value: Theme) {
		this.#value = value;
		try {
			if (value === 'system') localStorage.removeItem(KEY);
			else localStorage.setItem(KEY, value);
		} catch {
			// Storage can be switched off; the choice then lasts as long as the page.
		}
		this.#apply();
	}

	#apply(): void {
		if (typeof document === 'undefined') return;
		if (this.#value === 'system') delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = this.#value;
	}
}

function read(): Theme {
	try {
		const stored = localStorage.getItem(KEY);
		return stored === 'light' || stored === 'dark' ? stored : 'system';
	} catch {
		return 'system';
	}
}

export const theme = new ThemeChoice();
