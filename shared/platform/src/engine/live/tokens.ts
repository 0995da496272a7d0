/**
 * Tokens of a SELECT with how deep they stand in parentheses: the little that live queries must know of SQL.
 */

import { tokenize } from '../sql-tokens.ts';

export interface Token {
	/** `word` is a keyword or a bare name; `quoted` a name in "", `` or []. */
	readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'param' | 'sign';
	/** As written. */
	readonly text: string;
	/** Words and signs in lower case; names and strings without their quotes. */
	readonly value: string;
	readonly start: number;
	readonly end: number;
	/** Parentheses around it, CASE ... END counting as one. */
	readonly depth: number;
}

const KINDS = {
	word: 'word',
	name: 'quoted',
	string: 'string',
	number: 'number',
	blob: 'number',
	mark: 'sign'
} as const;

/** Throws where a quote or a comment is not closed; SQLite would refuse that too. */
export function tokensOf(sql: string): Token[] {
	const tokens: Token[] = [];
	let depth = 0;
	for (const { kind, text, keyword, start, end } of tokenize(sql)) {
		const closes = (kind === 'mark' && text === ')') || keyword === 'END';
		if (closes) depth -= 1;
		tokens.push({
			kind: kind === 'mark' && '?:@$'.includes(text) ? 'param' : KINDS[kind],
			text: sql.slice(start, end),
			value: kind === 'word' ? text.toLowerCase() : text,
			start,
			end,
			depth
		});
		if ((kind === 'mark' && text === '(') || keyword === 'CASE') depth += 1;
	}
	while (tokens.at(-1)?.value === ';') tokens.pop();
	return tokens;
}

/** `?1`, `:name` and the like: a parameter that is not a `?` of its own. */
export function hasNamedParams(tokens: readonly Token[]): boolean {
	return tokens.some((token, index) => {
		const next = tokens[index + 1];
		return token.kind === 'param' && (token.text !== '?' || (next?.kind === 'number' && next.start === token.end));
	});
}

export const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'quoted';

/** Splits at tokens outside of parentheses for which `at` holds. */
export function splitTokens(tokens: readonly Token[], at: (token: Token) => boolean): Token[][] {
	const parts: Token[][] = [[]];
	for (const token of tokens) {
		if (token.depth === 0 && at(token)) parts.push([]);
		else (parts.at(-1) as Token[]).push(token);
	}
	return parts;
}
