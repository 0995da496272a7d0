/** What a format has no place for, counted, and said in words before a person relies on the file. */

export interface LeftBehind {
	/** Whole items, of types that the format does not know. */
	items: number;
	fields: number;
	attachments: number;
	tags: number;
	/** Values that fields had before. */
	former: number;
}

export const nothingLeft: Readonly<LeftBehind> = { items: 0, fields: 0, attachments: 0, tags: 0, former: 0 };

const words: Readonly<Record<keyof LeftBehind, readonly [one: string, many: string]>> = {
	items: ['card, identity or other item', 'cards, identities and other items'],
	fields: ['field of your own', 'fields of your own'],
	attachments: ['attachment', 'attachments'],
	tags: ['tag', 'tags'],
	former: ['former value', 'former values']
};

/** For example `2 attachments`, `1 tag`. */
export function sayLeft(left: LeftBehind): string[] {
	return (Object.keys(words) as (keyof LeftBehind)[])
		.filter((what) => left[what] > 0)
		.map((what) => `${left[what]} ${words[what][left[what] === 1 ? 0 : 1]}`);
}
