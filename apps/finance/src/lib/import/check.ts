/**
 * Whether a statement's closing balance follows from its opening one and its entries, and by how much it does not: then
 * entries are missing, or one was read wrongly, and the person should know before anything is imported.
 */

import { minorOf, type Minor } from '#lib/domain/money.ts';
import type { Statement } from './statement.ts';

export type BalanceCheck =
	/** The statement does not say both balances. */
	| { readonly kind: 'unknown' }
	/** Balances or entries are in several currencies. */
	| { readonly kind: 'currencies' }
	| { readonly kind: 'follows' }
	/** `by` is closing minus what follows: what the entries lack. */
	| { readonly kind: 'differs'; readonly by: Minor; readonly currency: string };

export function checkBalance({ opening, closing, entries }: Statement): BalanceCheck {
	if (!opening || !closing) return { kind: 'unknown' };
	const { currency } = opening;
	if (closing.currency !== currency || entries.some((entry) => entry.currency !== currency))
		return { kind: 'currencies' };
	const sum = entries.reduce(
		(total, entry) => (entry.pending ? total : total + BigInt(entry.minor)),
		BigInt(opening.minor)
	);
	const by = minorOf(BigInt(closing.minor) - sum);
	return by === 0 ? { kind: 'follows' } : { kind: 'differs', by, currency };
}
