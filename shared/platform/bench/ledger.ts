// npm run bench -- ledger [--transactions N] [--rounds N]
//
// A ledger of 200,000 transactions (450,000 postings) of ten years, in one account database in a real Chromium: filled as
// an import fills it, opened by a browser that was not running, and used with the live queries open that screens have.
//
//   cold open    from the start of the page's load to the balances and the newest 50 rows of an account
//   edit         from the command to the live query that tells all balances
//   search       50 rows newest first: words, beginnings, amounts, ranges, years, exclusions
//   window       50 rows with their running balance, anywhere in the largest account; `all`: of all transactions
//   month        income and spending by category; `budget`: what the envelopes of a month are made of
import { describeMachine } from './lib/browser.ts';
import { measureLedger } from './lib/ledger-browser.ts';
import { median, resultLine, rounded, table, type Goal } from './lib/report.ts';

const option = (name: string, fallback: number): number => {
	const at = process.argv.indexOf(`--${name}`);
	return at > 0 ? Number(process.argv[at + 1]) : fallback;
};
const transactions = option('transactions', 200_000);
const rounds = option('rounds', 200);

const percentile = (values: readonly number[], p: number): number =>
	values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * p) / 100))]!;

const goals: Record<string, Goal> = {
	cold_open_ms: ['<=', 2000],
	edit_p95_ms: ['<=', 100],
	search_p95_ms: ['<=', 150],
	window_p95_ms: ['<=', 50],
	budget_p95_ms: ['<=', 50]
};

const { coldOpen, fill, times } = await measureLedger(transactions, rounds, (line) => console.error(line));
const results: Record<string, number> = {
	transactions,
	fill_us: rounded((fill * 1000) / transactions),
	cold_open_ms: rounded(median(coldOpen))
};
const rows = [
	['milliseconds', 'p50', 'p95'],
	['cold open to register', String(results['cold_open_ms']), String(rounded(Math.max(...coldOpen)))]
];
for (const [name, measured] of Object.entries(times)) {
	results[`${name}_p50_ms`] = rounded(percentile(measured, 50));
	results[`${name}_p95_ms`] = rounded(percentile(measured, 95));
	rows.push([name, String(results[`${name}_p50_ms`]), String(results[`${name}_p95_ms`])]);
}
console.log(table(rows));
console.log(resultLine('ledger', { ...describeMachine(), rounds }, results, goals));
