/**
 * What the columns of a table are for, from what their header says and from what stands in them. A header counts only
 * if the cells agree with it ("Valuta" is a date in Germany and a currency in the Netherlands). What decides where money
 * goes (date and amount) is asked when more than one column could be it; what is only words is not.
 */

import { exponentOf } from '#lib/domain/money.ts';
import { isDate } from '../date.ts';
import { isAmountCell, type Table } from './table.ts';

export const ROLES = [
	'date',
	'value-date',
	'amount',
	'debit',
	'credit',
	'direction',
	'payee',
	'memo',
	'currency',
	'balance',
	'id',
	'category',
	'ignore'
] as const;
export type Role = (typeof ROLES)[number];

// Words of headers in English, German, Dutch, French, Spanish and Italian, folded as `plain` folds.
const WORDS: Readonly<Record<Exclude<Role, 'ignore'>, string>> = {
	date:
		'date|datum|booking date|posting date|posted date|transaction date|trans date|date posted|completed date|' +
		'buchungstag|buchungsdatum|buchung|boekdatum|boekingsdatum|transactiedatum|fecha|fecha operacion|fecha de operacion|' +
		'data|data operazione|data contabile|date operation|date de l operation|date de comptabilisation|date comptable',
	'value-date':
		'value date|valuta|valutadatum|valuta datum|wertstellung|wertstellungsdatum|wert|rentedatum|fecha valor|' +
		'data valuta|date valeur|date de valeur|settlement date|started date',
	amount:
		'amount|transaction amount|value|betrag|umsatz|bedrag|transactiebedrag|montant|importe|importo|valor|cantidad|sum',
	debit:
		'debit|debit amount|debits|soll|belastung|lastschrift|ausgang|ausgaben|paid out|money out|withdrawal|withdrawals|' +
		'out|af|uitgaven|debet|debito|dare|uscite|cargo|cargos|expense|spent|outflow',
	credit:
		'credit|credit amount|credits|haben|gutschrift|eingang|einnahmen|paid in|money in|deposit|deposits|in|bij|' +
		'inkomsten|credito|avere|entrate|abono|abonos|income|received|inflow',
	direction:
		'af bij|debit credit|credit debit|debet credit|d c|dc|dr cr|cr dr|s h|soll haben|direction|sens|debit or credit|' +
		'credit or debit|credit debit indicator',
	payee:
		'payee|name|naam|merchant|merchant name|counterparty|counterparty name|payee name|recipient|beneficiary|partner|' +
		'partner name|beguenstigter zahlungspflichtiger|begunstigter zahlungspflichtiger|auftraggeber empfanger|' +
		'auftraggeber beguenstigter|empfanger|zahlungsempfanger|zahlungspflichtige r|zahlungsbeteiligter|' +
		'name zahlungsbeteiligter|naam omschrijving|naam tegenpartij|tegenpartij|beneficiaire|beneficiario|tiers|ordinante',
	memo:
		'memo|description|details|narrative|notes|note|particulars|reference|message|text|information|transaction details|' +
		'transaction description|verwendungszweck|buchungstext|buchungsdetails|beschreibung|umsatzart|vorgang|' +
		'omschrijving|omschrijving 1|omschrijving 2|mededelingen|libelle|descripcion|concepto|descrizione|causale|motif',
	currency: 'currency|currency code|ccy|wahrung|waehrung|valuta|munt|muntsoort|devise|moneda|divisa',
	balance:
		'balance|running balance|closing balance|account balance|saldo|kontostand|saldo na mutatie|saldo nach buchung|' +
		'solde|saldo disponible|saldo contabile',
	id: 'id|transaction id|transactionid|unique id|fitid|transaction reference number|transaktions id|transaktionsid|buchungsreferenz',
	category: 'category|kategorie|categorie|categoria|rubriek|rubrique'
};

const ROLE_OF = new Map<string, Role[]>();
for (const role of ROLES) {
	if (role === 'ignore') continue;
	for (const word of WORDS[role].split('|')) ROLE_OF.set(word, [...(ROLE_OF.get(word) ?? []), role]);
}

/** Rows that are looked at to tell what a column is. How it is read is settled by all of them (csv.ts). */
const SAMPLE = 1000;

export interface Guess {
	readonly roles: readonly Role[];
	/** Columns that could be the date (or the amount) as well as each other: none has the role yet. */
	readonly dates: readonly number[];
	readonly amounts: readonly number[];
}

/** What the cells of one column are, of all that are not empty. */
interface Facts {
	readonly filled: number;
	readonly dates: number;
	readonly amounts: number;
	/** Amounts that are more than digits: a sign, a decimal mark, a currency. Account numbers are not. */
	readonly money: number;
	readonly codes: number;
	readonly words: number;
	readonly unique: boolean;
}

export function guessRoles(table: Table): Guess {
	const columns = Array.from({ length: table.width }, (_, column) => {
		const facts = factsOf(table.data.slice(0, SAMPLE).map((row) => row.cells[column] ?? ''));
		const header = table.header === undefined ? '' : (table.rows[table.header]!.cells[column] ?? '');
		return { facts, role: roleOf(header, facts) };
	});
	const roles: Role[] = columns.map(({ role }) => role ?? 'ignore');
	const having = (role: Role): number[] => [...roles.keys()].filter((column) => roles[column] === role);

	const named = having('date');
	const dated = columns.flatMap(({ facts, role }, column) =>
		isMostly(facts.dates, facts) && role !== 'value-date' ? [column] : []
	);
	const dates = named.length > 0 ? named : dated.length > 0 ? dated : having('value-date');
	for (const column of dates) roles[column] = dates.length === 1 ? 'date' : 'ignore';

	let amounts: number[] = [];
	const [debits, credits] = [having('debit'), having('credit')];
	const split = debits.length === 1 && credits.length === 1;
	if (!split) for (const column of [...debits, ...credits]) roles[column] = 'ignore';
	const namedAmounts = having('amount');
	if (split) for (const column of namedAmounts) roles[column] = 'ignore';
	else {
		const like = (count: 'money' | 'amounts'): number[] =>
			columns.flatMap(({ facts, role }, column) =>
				isMostly(facts[count], facts) && !isMostly(facts.dates, facts) && role !== 'balance' && role !== 'id'
					? [column]
					: []
			);
		const money = like('money');
		amounts = namedAmounts.length > 0 ? namedAmounts : money.length > 0 ? money : like('amounts');
		for (const column of amounts) roles[column] = amounts.length === 1 ? 'amount' : 'ignore';
	}

	if (having('currency').length > 1) for (const column of having('currency').slice(1)) roles[column] = 'ignore';
	for (const column of having('payee').slice(1)) roles[column] = 'memo';
	const open = new Set([...(dates.length > 1 ? dates : []), ...(amounts.length > 1 ? amounts : [])]);
	if (having('payee').length === 0 && having('memo').length === 0) {
		columns.forEach(({ facts }, column) => {
			if (roles[column] === 'ignore' && !open.has(column) && isMostly(facts.words, facts)) roles[column] = 'memo';
		});
	}
	// Lists show the payee: one column of words is it.
	const [words] = having('memo');
	if (having('payee').length === 0 && words !== undefined) roles[words] = 'payee';
	return { roles, dates: dates.length > 1 ? dates : [], amounts: amounts.length > 1 ? amounts : [] };
}

/** Header and cells together; undefined where the header says nothing that the cells bear out. */
function roleOf(header: string, facts: Facts): Role | undefined {
	const words = plain(header);
	const bare = words.replace(/ (?:in )?[a-z]{3}$/, (tail) =>
		exponentOf(tail.trim().replace(/^in /, '').toUpperCase()) === undefined ? tail : ''
	);
	const said = ROLE_OF.get(words) ?? ROLE_OF.get(bare) ?? [];
	const role = said.find((candidate) => bears(candidate, facts));
	if (role) return role;
	return facts.codes === facts.filled && facts.filled > 0 && header !== '' ? 'currency' : undefined;
}

function bears(role: Role, facts: Facts): boolean {
	switch (role) {
		case 'date':
		case 'value-date':
			return isMostly(facts.dates, facts);
		case 'amount':
		case 'balance':
			return isMostly(facts.amounts, facts);
		case 'debit':
		case 'credit':
			return facts.filled === 0 || isMostly(facts.amounts, facts);
		case 'currency':
			// Also where no cell is a code we know: an amount in an unknown currency must not pass for one in the account's.
			return !isMostly(facts.dates, facts) && !isMostly(facts.amounts, facts);
		case 'id':
			return facts.filled > 0 && facts.unique;
		default:
			return !isMostly(facts.dates, facts);
	}
}

function isMostly(count: number, { filled }: Facts): boolean {
	return count * 2 > filled;
}

function factsOf(cells: readonly string[]): Facts {
	const filled = cells.filter((cell) => cell !== '');
	const amounts = filled.filter((cell) => isAmountCell(cell) && !isDate(cell));
	return {
		filled: filled.length,
		dates: filled.filter(isDate).length,
		amounts: amounts.length,
		money: amounts.filter((cell) => /\D/.test(cell)).length,
		codes: filled.filter((cell) => exponentOf(cell.toUpperCase()) !== undefined).length,
		words: filled.filter((cell) => /\p{L}{2}/u.test(cell) && !isAmountCell(cell) && !isDate(cell)).length,
		unique: new Set(filled).size === cells.length
	};
}

/** Lower case, without accents, words with one space between. */
function plain(header: string): string {
	return header
		.replaceAll('ß', 'ss')
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, ' ')
		.trim();
}
