/**
 * What a person could do better: weak, reused and old passwords, addresses without encryption, logins without a
 * second factor. Computed here and shown here; nothing of it is stored, sent or compared with anything outside.
 *
 * Which passwords are the same is told by marks (an HMAC under a key that lives as long as the check), so that this
 * module, and whoever holds its report, never has a password.
 */

import { isInsecure } from './address.ts';
import { itemKey, type ItemLine } from './item.ts';
import { STRONG_ENOUGH, type Strength } from './strength.ts';

/** A password that was looked at. */
export interface Judged {
	scope_id: string;
	/** Of the item. */
	item: string;
	strength: Strength;
	/** Equal for equal passwords. */
	mark: string;
}

export interface HealthFacts {
	lines: readonly ItemLine[];
	judged: readonly Judged[];
	addresses: readonly { scope_id: string; item: string; url: string }[];
	/** Items that have a one-time code. */
	withCode: readonly { scope_id: string; item: string }[];
	/** When each password was last changed, ms since 1970, by `itemKey`; unknown where it is missing. */
	changedAt: ReadonlyMap<string, number>;
	now: number;
}

export interface HealthReport {
	/** Weakest first. */
	weak: { line: ItemLine; strength: Strength }[];
	/** Items that share a password, largest group first. */
	reused: ItemLine[][];
	/** Not changed for three years, oldest first. */
	old: { line: ItemLine; changedAt: number }[];
	/** Have an address that sends the password unencrypted. */
	insecure: ItemLine[];
	/** Have a password and no one-time code. Not every site offers one. */
	withoutCode: ItemLine[];
	/** How many passwords were looked at. */
	checked: number;
}

export const OLD_AFTER = 3 * 365 * 24 * 60 * 60 * 1000;

export function healthOf(facts: HealthFacts): HealthReport {
	const lines = new Map(facts.lines.map((line) => [itemKey(line), line]));
	const judged = facts.judged.flatMap((each) => {
		const line = lines.get(itemKey({ scope_id: each.scope_id, id: each.item }));
		return line ? [{ ...each, line }] : [];
	});
	const byMark = Map.groupBy(judged, ({ mark }) => mark);
	const keysOf = (parts: readonly { scope_id: string; item: string }[]) =>
		new Set(parts.map(({ scope_id, item }) => itemKey({ scope_id, id: item })));
	const withCode = keysOf(facts.withCode);
	const insecure = keysOf(facts.addresses.filter(({ url }) => isInsecure(url)));

	return {
		weak: judged
			.filter(({ strength }) => strength.score < STRONG_ENOUGH)
			.map(({ line, strength }) => ({ line, strength }))
			.sort((a, b) => a.strength.guessesLog10 - b.strength.guessesLog10),
		reused: [...byMark.values()]
			.filter((group) => group.length > 1)
			.map((group) => group.map(({ line }) => line))
			.sort((a, b) => b.length - a.length),
		old: judged
			.flatMap(({ line }) => {
				const changedAt = facts.changedAt.get(itemKey(line));
				return changedAt !== undefined && facts.now - changedAt > OLD_AFTER ? [{ line, changedAt }] : [];
			})
			.sort((a, b) => a.changedAt - b.changedAt),
		insecure: judged.map(({ line }) => line).filter((line) => insecure.has(itemKey(line))),
		withoutCode: judged.map(({ line }) => line).filter((line) => line.type === 'login' && !withCode.has(itemKey(line))),
		checked: judged.length
	};
}
