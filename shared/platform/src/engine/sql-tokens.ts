// Splits SQL text into tokens and statements, as far as the schema loader needs it: it must know where a statement ends
// (a trigger contains semicolons), and find names and words whatever comments stand between them.

export interface Token {
	kind: 'word' | 'name' | 'string' | 'number' | 'blob' | 'mark';
	/** As written; for a quoted name or string its content. */
	text: string;
	/** Upper case for an unquoted word, else empty: what keywords are compared with. */
	keyword: string;
	start: number;
	end: number;
}

export interface SqlStatement {
	tokens: Token[];
	start: number;
	end: number;
}

/** Offset of text that is not SQL: an unclosed quote or comment. */
export class TokenError extends Error {
	readonly position: number;
	constructor(message: string, position: number) {
		super(message);
		this.position = position;
	}
}

const TOKEN =
	/(?<space>[\s\uFEFF]+|--[^\n]*)|(?<comment>\/\*[\s\S]*?\*\/)|(?<string>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<blob>[xX]'[0-9a-fA-F]*')|(?<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<mark>\|\||<<|>>|<=|>=|<>|!=|==|->>?|[^\s'"`[])/y;

export function tokenize(sql: string): Token[] {
	const tokens: Token[] = [];
	TOKEN.lastIndex = 0;
	while (TOKEN.lastIndex < sql.length) {
		const start = TOKEN.lastIndex;
		const match = TOKEN.exec(sql);
		if (!match) throw new TokenError('a quote or comment is not closed', start);
		const { space, comment, string, quoted, blob, number, word } = match.groups!;
		if (space !== undefined || comment !== undefined) continue;
		const raw = match[0];
		const kind = string ? 'string' : quoted ? 'name' : blob ? 'blob' : number ? 'number' : word ? 'word' : 'mark';
		if (kind === 'mark' && raw === '/' && sql[start + 1] === '*')
			throw new TokenError('a comment is not closed', start);
		tokens.push({
			kind,
			text: kind === 'string' || kind === 'name' ? unquote(raw) : raw,
			keyword: kind === 'word' ? raw.toUpperCase() : '',
			start,
			end: TOKEN.lastIndex
		});
	}
	return tokens;
}

function unquote(raw: string): string {
	const quote = raw[0]!;
	const inside = raw.slice(1, -1);
	return quote === '[' ? inside : inside.replaceAll(quote + quote, quote);
}

/** Statements between semicolons; the body of a trigger stays whole. Empty ones are left out. */
export function splitStatements(tokens: Token[]): SqlStatement[] {
	const statements: SqlStatement[] = [];
	let current: Token[] = [];
	let depth = 0;
	for (const token of tokens) {
		if (token.text === ';' && token.kind === 'mark' && depth === 0) {
			push(statements, current);
			current = [];
			continue;
		}
		current.push(token);
		if (!isTrigger(current)) continue;
		if (token.keyword === 'BEGIN' || token.keyword === 'CASE') depth++;
		else if (token.keyword === 'END') depth--;
	}
	push(statements, current);
	return statements;
}

function isTrigger([create, second, third]: Token[]): boolean {
	if (create?.keyword !== 'CREATE') return false;
	return second?.keyword === 'TRIGGER' || (/^TEMP/.test(second?.keyword ?? '') && third?.keyword === 'TRIGGER');
}

function push(statements: SqlStatement[], tokens: Token[]): void {
	if (tokens.length > 0) statements.push({ tokens, start: tokens[0]!.start, end: tokens.at(-1)!.end });
}

/** The parts between commas outside of parentheses. */
export function splitCommas(tokens: Token[]): Token[][] {
	const parts: Token[][] = [[]];
	let depth = 0;
	for (const token of tokens) {
		if (token.kind === 'mark') {
			if (token.text === '(') depth++;
			else if (token.text === ')') depth--;
			else if (token.text === ',' && depth === 0) {
				parts.push([]);
				continue;
			}
		}
		parts.at(-1)!.push(token);
	}
	return parts;
}

/** The text of these tokens with single spaces: equal for statements that differ only in layout and comments. */
export function normalized(sql: string, tokens: Token[]): string {
	return tokens.map((token) => sql.slice(token.start, token.end)).join(' ');
}

/** Quotes a name for SQL. */
export function quoteName(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}
