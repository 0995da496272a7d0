// A page of the suite's origin with the database of Finance and no screens: what `npm run bench -- ledger` drives until
// it drives the app itself. Built into a copy of the finished suite (ledger-browser.ts), never shipped.
import { createPlatform } from '../../src/client/index.ts';
import schema from '../../../../apps/finance/src/lib/schema.sql?raw';
import { fill, firstScreen, interact, type Made, type Times } from './ledger-work.ts';

export interface LedgerBench {
	fill(transactions: number): Promise<Made>;
	/** Milliseconds from the start of the page's load to the rows of the first screen. */
	firstScreen(made: Made): Promise<number>;
	interact(made: Made, rounds: number): Promise<Times>;
}

declare global {
	var ledgerBench: LedgerBench;
	var benchLine: (line: string) => void;
}

const platform = await createPlatform({ app: 'finance-bench', schema });
globalThis.ledgerBench = {
	fill: (transactions) => fill(platform, transactions, globalThis.benchLine),
	async firstScreen(made) {
		if ((await firstScreen(platform, made)) !== 50) throw new Error('the first screen has not 50 rows');
		return performance.now();
	},
	interact: (made, rounds) => interact(platform, made, rounds)
};
document.querySelector('#state')!.textContent = 'ready';
