/**
 * Parts of a page that nobody needs before they touch it: menus and dialogs, and the library below them, which is a
 * third of what a page would load at its start. They are fetched at the first key or press anywhere, so that they are
 * here when it turns out that it opens one; service workers have them already.
 */

/** @returns gives the part, fetched once; after a failure the next call tries again */
export function lazily<Part>(load: () => Promise<{ default: Part }>): () => Promise<Part> {
	let fetched: Promise<Part> | undefined;
	const part = (): Promise<Part> => {
		fetched ??= load().then(
			(module) => module.default,
			(error: unknown) => {
				fetched = undefined;
				throw error;
			}
		);
		return fetched;
	};
	if (typeof window !== 'undefined') {
		const warm = () => void part().catch(() => {});
		for (const event of ['keydown', 'pointerdown']) addEventListener(event, warm, { once: true, capture: true });
	}
	return part;
}
