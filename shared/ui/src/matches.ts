/** Case and marks above letters do not count: `Cafe` finds `Café`. */
function plain(text: string): string {
	return text
		.normalize('NFD')
		.replace(/\p{M}+/gu, '')
		.toLowerCase();
}

/**
 * The options that what was typed finds, at most `limit`: labels that begin with it, then words that do, then the rest;
 * within each in the order given.
 */
export function bestMatches<Option extends { readonly label: string }>(
	options: readonly Option[],
	typed: string,
	limit: number
): Option[] {
	const wanted = plain(typed.trim());
	if (wanted === '') return options.slice(0, limit);
	const ranks: Option[][] = [[], [], []];
	for (const option of options) {
		const label = plain(option.label);
		const at = label.indexOf(wanted);
		if (at === 0) ranks[0]!.push(option);
		else if (at > 0) ranks[label.includes(` ${wanted}`) ? 1 : 2]!.push(option);
	}
	return ranks.flat().slice(0, limit);
}
