/**
 * Letters as the search index sees them: lower case, without marks above or below (`unicode61
 * remove_diacritics 2`). Keeps the way back, so that a match in the folded text can be shown in the original.
 */

export interface Folded {
	text: string;
	/** For every UTF-16 unit of `text`, and one past it: the position in the original it came from. */
	at: number[];
}

export function fold(original: string): Folded {
	let text = '';
	const at: number[] = [];
	let position = 0;
	for (const character of original) {
		const folded = foldCharacter(character);
		for (let i = 0; i < folded.length; i++) at.push(position);
		text += folded;
		position += character.length;
	}
	at.push(position);
	return { text, at };
}

function foldCharacter(character: string): string {
	const code = character.charCodeAt(0);
	if (code < 0x80) return code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 32) : character;
	return character
		.normalize('NFD')
		.replace(/\p{M}+/gu, '')
		.toLowerCase();
}
