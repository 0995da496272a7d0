/** Whether what was typed into the palette finds this label: any part of it, in any case. */
export function commandFits(label: string, query: string): boolean {
	return label.toLowerCase().includes(query.trim().toLowerCase());
}
