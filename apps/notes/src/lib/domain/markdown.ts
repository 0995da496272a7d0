/**
 * What a list shows of a note: one line of title and a few words after it, as plain text.
 *
 * The title is the first line that has words; there is no title field beside the text. Markdown's marks are
 * removed, never interpreted: this is not a renderer, and what it does not know it leaves as written.
 */

const TITLE_LENGTH = 120;
const EXCERPT_LENGTH = 180;
/** Reading further can change neither title nor excerpt in a note written by a person. */
const READ_LENGTH = 8_000;

export interface Headline {
	/** Empty when the note has no words yet. */
	title: string;
	excerpt: string;
}

/** Title and excerpt of a note's Markdown text, as plain text without line breaks. */
export function headlineOf(markdown: string): Headline {
	const lines = withoutFrontMatter(markdown.slice(0, READ_LENGTH)).split('\n');
	let title = '';
	const rest: string[] = [];
	let restLength = 0;
	for (const line of lines) {
		const text = plainLine(line);
		if (text === '') continue;
		if (title === '') {
			title = text;
			continue;
		}
		rest.push(text);
		restLength += text.length + 1;
		if (restLength > EXCERPT_LENGTH) break;
	}
	return { title: cut(title, TITLE_LENGTH), excerpt: cut(rest.join(' '), EXCERPT_LENGTH) };
}

/** What stands below the title, as `plainText`: for a snippet beside the title. */
export function wordsAfterTitle(markdown: string): string {
	return plainText(withoutFrontMatter(markdown)).replace(/^\s*\S[^\n]*\n?/, '');
}

/** The words of a Markdown text, a line for a line, with the marks removed. */
export function plainText(markdown: string): string {
	return markdown.split('\n').map(plainLine).join('\n');
}

function withoutFrontMatter(markdown: string): string {
	const match = /^---\n[\s\S]*?\n---(?:\n|$)/.exec(markdown);
	return match ? markdown.slice(match[0].length) : markdown;
}

function plainLine(line: string): string {
	let text = line.replace(/\s+/g, ' ').trim();
	if (/^(?:-{3,}|\*{3,}|_{3,}|={3,}|`{3,}.*|~{3,}.*)$/.test(text)) return '';
	text = text
		.replace(/^(?:>\s?)+/, '')
		.replace(/^(?:[-*+]|\d{1,9}[.)])\s+/, '')
		.replace(/^\[[ xX]\](?:\s+|$)/, '')
		.replace(/^#{1,6}(?:\s+|$)/, '')
		.replace(/ #{1,100}$/, '');
	// Every repetition is bounded and stops at the next opening mark: a note comes from other people too, and a line
	// of 60,000 brackets must not take seconds.
	text = text
		.replace(/!?\[([^[\]]{0,300})\]\((?:[^()\s]|\([^()]{0,300}\)){0,2000}(?:\s+"[^"]{0,300}")?\)/g, '$1')
		.replace(/\[\[([^[\]|]{1,300})\|([^[\]]{1,300})\]\]/g, '$2')
		.replace(/\[\[([^[\]]{1,300})\]\]/g, '$1')
		.replace(/`+([^`]{0,300})`+/g, '$1')
		.replace(/(\*\*|__|~~)(?=\S)(.{0,300}?\S)\1/g, '$2')
		.replace(/(^|[^\w*])\*(?=\S)([^*]{0,300}?\S)\*/g, '$1$2')
		.replace(/(^|[^\w_])_(?=\S)([^_]{0,300}?\S)_(?!\w)/g, '$1$2');
	return text.trim();
}

/** At most `length` UTF-16 units, cut at a word where one is near, never inside a surrogate pair. */
function cut(text: string, length: number): string {
	if (text.length <= length) return text;
	let end = length - 1;
	const space = text.lastIndexOf(' ', end);
	if (space > length - 24) end = space;
	else if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
	return text.slice(0, end).trimEnd() + '…';
}
