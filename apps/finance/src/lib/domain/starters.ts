/** The categories that a new ledger begins with. Their keys are the same on every device and in every language. */

import { CURRENCIES } from './money.ts';

export const STARTER_GROUPS = [
	{ key: 'living', name: 'Living' },
	{ key: 'getting-around', name: 'Getting around' },
	{ key: 'leisure', name: 'Leisure' },
	{ key: 'rest', name: 'Everything else' }
] as const;

export const STARTERS = [
	{ key: 'pay', name: 'Pay', kind: 'income' },
	{ key: 'other-income', name: 'Other income', kind: 'income' },
	{ key: 'groceries', name: 'Groceries', kind: 'expense', group: 'living' },
	{ key: 'housing', name: 'Housing', kind: 'expense', group: 'living' },
	{ key: 'utilities', name: 'Utilities', kind: 'expense', group: 'living' },
	{ key: 'household', name: 'Household', kind: 'expense', group: 'living' },
	{ key: 'transport', name: 'Transport', kind: 'expense', group: 'getting-around' },
	{ key: 'travel', name: 'Travel', kind: 'expense', group: 'getting-around' },
	{ key: 'eating-out', name: 'Eating out', kind: 'expense', group: 'leisure' },
	{ key: 'leisure', name: 'Leisure', kind: 'expense', group: 'leisure' },
	{ key: 'gifts', name: 'Gifts', kind: 'expense', group: 'leisure' },
	{ key: 'health', name: 'Health', kind: 'expense', group: 'rest' },
	{ key: 'clothing', name: 'Clothing', kind: 'expense', group: 'rest' },
	{ key: 'insurance', name: 'Insurance', kind: 'expense', group: 'rest' },
	{ key: 'fees', name: 'Fees and taxes', kind: 'expense', group: 'rest' }
] as const;

/** By country, where it is not the euro. A first suggestion, no more. */
const BY_REGION: Readonly<Record<string, string>> = Object.fromEntries(
	(
		'US:USD GB:GBP CH:CHF LI:CHF JP:JPY CN:CNY IN:INR CA:CAD AU:AUD NZ:NZD SE:SEK NO:NOK DK:DKK PL:PLN CZ:CZK ' +
		'HU:HUF RO:RON TR:TRY BR:BRL MX:MXN ZA:ZAR KR:KRW IL:ILS AE:AED SA:SAR EG:EGP BH:BHD KW:KWD SG:SGD HK:HKD ' +
		'TW:TWD TH:THB ID:IDR MY:MYR PH:PHP VN:VND UA:UAH AR:ARS CL:CLP CO:COP PE:PEN MA:MAD TN:TND NG:NGN KE:KES'
	)
		.split(' ')
		.map((pair) => pair.split(':') as [string, string])
);

/** The currency that a person with this language probably counts in. */
export function likelyCurrency(locale: string): string {
	const region = new Intl.Locale(locale).maximize().region ?? '';
	const likely = BY_REGION[region] ?? 'EUR';
	return CURRENCIES.includes(likely) ? likely : 'EUR';
}
