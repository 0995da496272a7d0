/**
 * Where a key takes the focus in a list that is one Tab stop.
 *
 * @returns the index of the row to focus; `before` when the person goes up from the first row (into the search
 * field above it); undefined when the key is not about moving
 */
export function rowAfter(
	key: string,
	keys: readonly string[],
	current: string | undefined
): number | 'before' | undefined {
	if (keys.length === 0) return undefined;
	const at = current === undefined ? -1 : keys.indexOf(current);
	switch (key) {
		case 'ArrowDown':
			return Math.min(at + 1, keys.length - 1);
		case 'ArrowUp':
			return at <= 0 ? 'before' : at - 1;
		case 'Home':
			return 0;
		case 'End':
			return keys.length - 1;
		case 'PageDown':
			return Math.min(at + 10, keys.length - 1);
		case 'PageUp':
			return Math.max(at - 10, 0);
		default:
			return undefined;
	}
}
