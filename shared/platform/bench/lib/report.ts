// Medians, a table for people, and the one line for programs.

export type Goal = ['<=' | '>=', number];

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Three significant digits: more would pretend a precision that one machine does not have. */
export const rounded = (value: number): number => Number(value.toPrecision(3));

export function table(rows: readonly (readonly string[])[]): string {
	const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	return rows
		.map((row) =>
			row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ')
		)
		.join('\n');
}

/** The last line of a bench. */
export function resultLine(
	name: string,
	machine: Record<string, string | number>,
	results: Record<string, number>,
	goals: Record<string, Goal>
): string {
	const missed = Object.entries(goals)
		.filter(([key, [relation, limit]]) => {
			const value = results[key];
			return value === undefined || (relation === '<=' ? value > limit : value < limit);
		})
		.map(([key]) => key);
	return JSON.stringify({ name, machine, results, goals, missed });
}
