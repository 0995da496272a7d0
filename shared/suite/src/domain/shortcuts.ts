/** Whether a key that was pressed is the one that a shortcut names: `mod+shift+f`, `alt+n`, `?`. */

/** What of a KeyboardEvent counts. */
export interface Pressed {
	readonly key: string;
	readonly code: string;
	readonly ctrlKey: boolean;
	readonly metaKey: boolean;
	readonly altKey: boolean;
	readonly shiftKey: boolean;
}

/**
 * `mod` is Ctrl, or ⌘ on a Mac. A letter with Alt goes by its place on the keyboard, since Alt writes other letters on
 * a Mac. A key alone goes by what it writes: `?` and `/` need Shift on some keyboards and not on others.
 */
export function keyPressed(keys: string, event: Pressed): boolean {
	const parts = keys.split('+');
	const key = parts.at(-1) ?? '';
	const [mod, alt, shift] = ['mod', 'alt', 'shift'].map((name) => parts.includes(name));
	if (mod !== (event.ctrlKey || event.metaKey) || alt !== event.altKey) return false;
	if ((mod || alt) && shift !== event.shiftKey) return false;
	return alt ? event.code === `Key${key.toUpperCase()}` : event.key.toLowerCase() === key;
}

/** A shortcut that is a letter: not for who is typing. */
export function isLetter(keys: string): boolean {
	return !/\b(?:mod|alt)\+/.test(keys);
}
