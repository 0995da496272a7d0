/**
 * Where a key takes the focus in rows that are one Tab stop.
 *
 * @param current index of the row that has the focus; -1: none
 * @param page rows that Page Up and Page Down go
 * @returns the index of the row to focus; `before` when the person goes up from the first row (into the search
 * field above it); undefined when the key is not about moving
 */
export function indexAfter(key: string, count: number, current: number, page = 10): number | 'before' | undefined {
	if (count === 0) return undefined;
	switch (key) {
		case 'ArrowDown':
			return Math.min(current + 1, count - 1);
		case 'ArrowUp':
			return current <= 0 ? 'before' : current - 1;
		case 'Home':
			return 0;
		case 'End':
			return count - 1;
		case 'PageDown':
			return Math.min(current + page, count - 1);
		case 'PageUp':
			return Math.max(current - page, 0);
		default:
			return undefined;
	}
}

/** The same for rows that are all here, by their keys. A row that is gone sends the keys to the start. */
export function rowAfter(
	key: string,
	keys: readonly string[],
	current: string | undefined
): number | 'before' | undefined {
	return indexAfter(key, keys.length, current === undefined ? -1 : keys.indexOf(current));
}

/** Which rows of equal height are on screen, and a few around them; `to` is one past the last. */
export function rowsOnScreen(
	{ top, height, rowHeight, count }: { top: number; height: number; rowHeight: number; count: number },
	around = 8
): { from: number; to: number } {
	const first = Math.floor(Math.max(0, top) / rowHeight);
	const last = Math.ceil((Math.max(0, top) + height) / rowHeight);
	const from = Math.max(0, Math.min(first - around, count));
	return { from, to: Math.max(from, Math.min(last + around, count)) };
}
