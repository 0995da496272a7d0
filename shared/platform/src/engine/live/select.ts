/**
 * What can be proved about a SELECT from its text.
 *
 * Only one form is taken apart: `SELECT list FROM tables [WHERE ...] [ORDER BY ...] [LIMIT ...]` without sub-selects,
 * compounds, grouping or windows. Everything else gives null and is run again on every change, which is always right.
 */

import { hasNamedParams, isName, splitTokens, tokensOf, type Token } from './tokens.ts';

export interface TableUse {
	/** As written. */
	readonly name: string;
	/** How columns are qualified: the alias, or the name. */
	readonly alias: string;
}

export interface OrderTerm {
	readonly tokens: readonly Token[];
	readonly descending: boolean;
	readonly nullsFirst: boolean;
	readonly collation: 'binary' | 'nocase';
}

export interface Route {
	/** Which table's rows are meant. */
	readonly use: TableUse;
	/** The one value that `scope_id` may have: a literal, or the position of a parameter. */
	readonly value: string | { readonly param: number };
}

export interface Select {
	readonly list: string;
	readonly from: string;
	readonly where: string | null;
	/** The text behind ORDER BY, and its terms; null where a term is not understood. */
	readonly order: string | null;
	readonly terms: readonly OrderTerm[] | null;
	/** From LIMIT on. */
	readonly limit: string | null;
	readonly tables: readonly TableUse[];
	readonly routes: readonly Route[];
	/** Names that the list gives to its columns by AS or by juxtaposition. */
	readonly aliases: ReadonlySet<string>;
	/** Every row of the result is one row of the table, and depends on nothing else. */
	readonly rowByRow: boolean;
	/** Every parameter is a plain `?`. */
	readonly plainParams: boolean;
}

const REFUSED = new Set([
	'distinct',
	'union',
	'intersect',
	'except',
	'group',
	'having',
	'window',
	'over',
	'filter',
	'with',
	'values',
	'natural',
	'using',
	'indexed',
	'recursive',
	'exists',
	'tablesample'
]);

/** Functions of one row that always answer the same. */
const PURE = new Set([
	'abs',
	'cast',
	'char',
	'coalesce',
	'format',
	'glob',
	'hex',
	'ifnull',
	'iif',
	'instr',
	'json',
	'json_array_length',
	'json_extract',
	'json_type',
	'json_valid',
	'length',
	'like',
	'lower',
	'ltrim',
	'nullif',
	'octet_length',
	'printf',
	'quote',
	'replace',
	'round',
	'rtrim',
	'sign',
	'substr',
	'substring',
	'trim',
	'typeof',
	'unicode',
	'upper'
]);

/** Words that may stand before a parenthesis without calling anything. */
const BEFORE_PARENTHESIS = new Set([
	'and',
	'or',
	'not',
	'in',
	'on',
	'where',
	'when',
	'then',
	'else',
	'case',
	'between',
	'is',
	'like',
	'glob',
	'by',
	'select',
	'from',
	'limit',
	'offset',
	'as',
	'join',
	'escape',
	'null'
]);

const JOINS = new Set(['join', 'left', 'right', 'full', 'inner', 'outer', 'cross']);
const CLAUSES = new Set(['from', 'where', 'order', 'limit']);

export function parseSelect(sql: string): Select | null {
	const tokens = tokensOf(sql);
	if (tokens[0]?.value !== 'select' || tokens[0].kind !== 'word') return null;
	const words = tokens.filter((token) => token.kind === 'word');
	if (words.filter((token) => token.value === 'select').length > 1) return null;
	if (words.some((token) => REFUSED.has(token.value))) return null;
	if (tokens.some((token) => token.depth < 0)) return null;

	const marks = tokens.filter((token) => token.kind === 'word' && token.depth === 0 && CLAUSES.has(token.value));
	const order = marks.map((mark) => mark.value);
	if (order[0] !== 'from' || new Set(order).size !== order.length) return null;
	if (order.join() !== [...CLAUSES].filter((clause) => order.includes(clause)).join()) return null;

	const last = (tokens.at(-1) as Token).end;
	const clause = (name: string): { tokens: Token[]; text: string } | null => {
		const at = marks.findIndex((mark) => mark.value === name);
		if (at < 0) return null;
		const start = (marks[at] as Token).end;
		const end = marks[at + 1]?.start ?? last;
		const inside = tokens.filter((token) => token.start >= start && token.end <= end);
		return { tokens: inside, text: textOf(sql, inside) };
	};
	const from = clause('from') as { tokens: Token[]; text: string };
	const where = clause('where');
	const orderBy = clause('order');
	const limit = clause('limit');
	const listEnd = (marks[0] as Token).start;
	const list = tokens.filter((token) => token.start > (tokens[0] as Token).start && token.end <= listEnd);

	const tables = tablesOf(from.tokens);
	if (!tables) return null;
	if (orderBy && orderBy.tokens[0]?.value !== 'by') return null;
	const orderText = orderBy ? textOf(sql, orderBy.tokens.slice(1)) : null;
	const calls = tokens.filter(
		(token, index) =>
			isName(token) &&
			tokens[index + 1]?.value === '(' &&
			!(token.kind === 'word' && BEFORE_PARENTHESIS.has(token.value))
	);
	const pure = calls.every((token) => PURE.has(token.value.toLowerCase()));
	const params = tokens.filter((token) => token.kind === 'param');
	const plainParams = !hasNamedParams(tokens);
	return {
		list: textOf(sql, list),
		from: from.text,
		where: where?.text ?? null,
		order: orderText,
		terms: orderBy ? termsOf(orderBy.tokens.slice(1)) : [],
		limit: limit ? `LIMIT ${limit.text}` : null,
		tables,
		routes: where && plainParams ? routesOf(where.tokens, tables, params) : [],
		aliases: aliasesOf(list),
		rowByRow: pure && tables.length === 1,
		plainParams
	};
}

/** From the first token to the last: a comment after it would swallow what is put behind. */
function textOf(sql: string, tokens: readonly Token[]): string {
	return sql.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0);
}

function tablesOf(tokens: readonly Token[]): TableUse[] | null {
	const parts = splitTokens(
		tokens,
		(token) => token.value === ',' || (token.kind === 'word' && JOINS.has(token.value))
	).filter((part) => part.length > 0);
	const uses: TableUse[] = [];
	for (const part of parts) {
		const on = part.findIndex((token) => token.kind === 'word' && token.depth === 0 && token.value === 'on');
		const use = tableOf(on < 0 ? part : part.slice(0, on));
		if (!use) return null;
		uses.push(use);
	}
	return uses.length > 0 ? uses : null;
}

/** name | name alias | name AS alias | main.name ... */
function tableOf(tokens: readonly Token[]): TableUse | null {
	const rest = tokens[1]?.value === '.' ? tokens.slice(2) : tokens;
	if (tokens[1]?.value === '.' && tokens[0]?.value !== 'main') return null;
	const [name, ...alias] = rest;
	if (!name || !isName(name)) return null;
	if (alias[0]?.kind === 'word' && alias[0].value === 'as') alias.shift();
	if (alias.length > 1 || (alias.length === 1 && !isName(alias[0]))) return null;
	const written = (token: Token): string => (token.kind === 'word' ? token.text : token.value);
	return { name: written(name), alias: written(alias[0] ?? name) };
}

/** Conjuncts `scope_id = value`. A row of that table with another scope can not be in the result. */
function routesOf(where: readonly Token[], tables: readonly TableUse[], params: readonly Token[]): Route[] {
	if (where.some((token) => token.kind === 'word' && token.depth === 0 && token.value === 'or')) return [];
	let between = false;
	const conjuncts = splitTokens(where, (token) => {
		if (token.kind !== 'word') return false;
		if (token.value === 'between') between = true;
		if (token.value !== 'and') return false;
		const splits = !between;
		between = false;
		return splits;
	});
	const routes: Route[] = [];
	for (const conjunct of conjuncts) {
		const sign = conjunct.findIndex((token) => ['=', '==', 'is'].includes(token.value) && token.kind !== 'quoted');
		if (sign < 0) continue;
		const sides = [conjunct.slice(0, sign), conjunct.slice(sign + 1)];
		for (const [column, value] of [sides, sides.toReversed()] as [Token[], Token[]][]) {
			const use = scopeOf(column, tables);
			const [literal] = value;
			if (!use || value.length !== 1 || !literal) continue;
			if (literal.kind === 'string') routes.push({ use, value: literal.value });
			if (literal.kind === 'param') routes.push({ use, value: { param: params.indexOf(literal) } });
		}
	}
	return routes;
}

function scopeOf(tokens: readonly Token[], tables: readonly TableUse[]): TableUse | undefined {
	const column = tokens.at(-1);
	if (!isName(column) || column?.value.toLowerCase() !== 'scope_id') return undefined;
	if (tokens.length === 1) return tables.length === 1 ? tables[0] : undefined;
	if (tokens.length !== 3 || tokens[1]?.value !== '.' || !isName(tokens[0])) return undefined;
	return tables.find((use) => use.alias.toLowerCase() === (tokens[0] as Token).value.toLowerCase());
}

function termsOf(tokens: readonly Token[]): OrderTerm[] | null {
	const terms: OrderTerm[] = [];
	for (const part of splitTokens(tokens, (token) => token.value === ',')) {
		let rest = part;
		const ends = (...values: string[]): boolean => {
			const tail = rest.slice(-values.length);
			const matches =
				tail.length === values.length &&
				tail.every((token, index) => token.kind === 'word' && token.value === values[index]);
			if (matches) rest = rest.slice(0, -values.length);
			return matches;
		};
		const first = ends('nulls', 'first');
		const last = !first && ends('nulls', 'last');
		const descending = ends('desc');
		if (!descending) ends('asc');
		let collation: OrderTerm['collation'] = 'binary';
		if (rest.at(-2)?.value === 'collate') {
			const name = rest.at(-1)?.value.toLowerCase();
			if (name !== 'binary' && name !== 'nocase') return null;
			collation = name;
			rest = rest.slice(0, -2);
		}
		if (rest.length === 0 || rest.some((token) => token.kind === 'param' || token.value === 'collate')) return null;
		terms.push({ tokens: rest, descending, nullsFirst: first || (!last && !descending), collation });
	}
	return terms;
}

function aliasesOf(list: readonly Token[]): Set<string> {
	const aliases = new Set<string>();
	for (const item of splitTokens(list, (token) => token.value === ',')) {
		const last = item.at(-1);
		const before = item.at(-2);
		if (!last || !before || !(isName(last) || last.kind === 'string')) continue;
		if (before.kind !== 'sign' || before.value === ')') aliases.add(last.value.toLowerCase());
	}
	return aliases;
}
