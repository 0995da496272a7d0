/** What the screens of Finance share beyond those of the suite: ledgers, accounts, categories, names, what is open. */

import { SvelteMap } from 'svelte/reactivity';
import { liveQuery } from '@slf/platform/svelte';
import { base, clock, getSuite, SuiteState } from '@slf/suite';
import { canWrite } from '@slf/suite/domain';
import { accounts, balances, type AccountRecord, type BalanceRow } from '#lib/data/accounts.ts';
import { categories, categoryGroups, type CategoryRow, type GroupRow } from '#lib/data/categories.ts';
import { ledgers, ledgerScopes, type LedgerRow } from '#lib/data/ledgers.ts';
import { payees, tags, type PayeeRow, type TagRow } from '#lib/data/names.ts';
import { people, type PersonRow } from '#lib/data/people.ts';
import type { TransactionRef, Undo } from '#lib/data/query.ts';
import { conflicts, type EntryRow } from '#lib/data/register.ts';
import { dayOf, type Day } from '#lib/domain/dates.ts';
import type { DraftContext } from '#lib/domain/draft.ts';
import { personOf } from '#lib/domain/lines.ts';
import { formatMoney, type FormatOptions, type Minor } from '#lib/domain/money.ts';
import { placeQuery, type Place } from '#lib/domain/place.ts';
import { CLEARING, OPENING, UNCATEGORISED, type AccountId } from '#lib/domain/revision.ts';
import { likelyCurrency } from '#lib/domain/starters.ts';

export interface Ledger {
	readonly scope: string;
	readonly name: string;
	readonly currency: string;
	readonly personal: boolean;
	readonly role: 'OWNER' | 'EDITOR' | 'VIEWER';
}

export interface Account extends AccountRecord {
	readonly name: string;
	/** In its own currency. */
	readonly minor: Minor;
	readonly cleared: Minor;
	readonly count: number;
}

/** One text for a row of a ledger: scope and id. */
export const keyOf = (scope: string, id: string): string => `${scope} ${id}`;

export class App extends SuiteState {
	readonly locale: string = navigator.language;
	/** What is typed into the search field. Here and not in the address, which browsers write to disk. */
	search = $state('');
	/** The ledger whose sharing is on screen. */
	sharing = $state.raw<string>();
	/** The account whose form is on screen; 'new' for one that is to be. */
	editingAccount = $state.raw<{ scope: string; id: string | undefined }>();
	/** What is picked for changing many at once. */
	readonly picked = new SvelteMap<string, TransactionRef>();
	/** A line for writing a new transaction stands above the register. */
	writing = $state(false);
	/** What was opened in this page, by the number in the page's history state: no id goes to disk. */
	readonly opened = new SvelteMap<number, TransactionRef>();
	readonly #undos: Undo[] = [];
	readonly #redos: Undo[] = [];

	readonly #scopeKey = $derived(JSON.stringify(ledgerScopes(this.scopeList).map(({ scope }) => scope)));
	readonly scopesOfLedgers: readonly string[] = $derived(JSON.parse(this.#scopeKey) as string[]);

	readonly #ledgers = $derived(liveQuery<LedgerRow>(this.platform, ledgers(this.scopesOfLedgers)));
	readonly #accounts = $derived(liveQuery<AccountRecord>(this.platform, accounts(this.scopesOfLedgers)));
	readonly #balances = $derived(liveQuery<BalanceRow>(this.platform, balances(this.scopesOfLedgers)));
	readonly #categories = $derived(liveQuery<CategoryRow>(this.platform, categories(this.scopesOfLedgers)));
	readonly #groups = $derived(liveQuery<GroupRow>(this.platform, categoryGroups(this.scopesOfLedgers)));
	readonly #payees = $derived(liveQuery<PayeeRow>(this.platform, payees(this.scopesOfLedgers)));
	readonly #tags = $derived(liveQuery<TagRow>(this.platform, tags(this.scopesOfLedgers)));
	readonly #people = $derived(liveQuery<PersonRow>(this.platform, people(this.scopesOfLedgers)));
	readonly #conflicts = liveQuery<EntryRow>(this.platform, conflicts(100));

	/** Undefined until the first answer. */
	readonly accounts: readonly Account[] | undefined = $derived.by(() => {
		const rows = this.#accounts.rows;
		if (!rows) return undefined;
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- made and read in one go, never watched
		const sums = new Map((this.#balances.rows ?? []).map((row) => [keyOf(row.scope_id, row.id) + row.currency, row]));
		return rows.map((row) => {
			const sum = sums.get(keyOf(row.scope_id, row.id) + row.currency);
			const { minor = 0, cleared = 0, count = 0 } = sum ?? {};
			return { ...row, name: row.name ?? 'Account', minor, cleared, count };
		});
	});
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- made and read in one go, never watched
	readonly #accountBy = $derived(new Map((this.accounts ?? []).map((row) => [keyOf(row.scope_id, row.id), row])));

	readonly ledgers: readonly Ledger[] = $derived.by(() => {
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- made and read in one go, never watched
		const rows = new Map((this.#ledgers.rows ?? []).map((row) => [row.scope_id, row]));
		return ledgerScopes(this.scopeList).map(({ scope, name, personal, role }) => {
			const row = rows.get(scope);
			const own = this.accounts?.find((account) => account.scope_id === scope)?.currency;
			return {
				scope,
				name: row?.name ?? (personal ? 'My accounts' : name || 'Shared ledger'),
				currency: row?.currency ?? own ?? likelyCurrency(this.locale),
				personal,
				role
			};
		});
	});

	readonly categories: readonly CategoryRow[] = $derived(this.#categories.rows ?? []);
	readonly groups: readonly GroupRow[] = $derived(this.#groups.rows ?? []);
	readonly payees: readonly PayeeRow[] = $derived(this.#payees.rows ?? []);
	readonly tags: readonly TagRow[] = $derived(this.#tags.rows ?? []);
	readonly people: readonly PersonRow[] = $derived(this.#people.rows ?? []);
	readonly conflictCount: number = $derived(this.#conflicts.rows?.length ?? 0);

	readonly #names = $derived.by(() => {
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- made and read in one go, never watched
		const names = new Map<string, string>();
		const add = (scope: string, id: string, name: string | null, none: string) =>
			names.set(keyOf(scope, id), name?.trim() || none);
		for (const { scope_id, id, name } of this.categories) add(scope_id, id, name, 'Category');
		for (const { scope_id, id, name } of this.accounts ?? []) add(scope_id, id, name, 'Account');
		for (const { scope_id, id, name } of this.people) add(scope_id, `person:${id}`, name, 'Somebody');
		for (const { scope_id, id, name } of this.tags) add(scope_id, id, name, 'Tag');
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- made and read in one go, never watched
		const own = new Map(this.payees.map((row) => [keyOf(row.scope_id, row.id), row.name]));
		for (const { scope_id, id, name, alias_of } of this.payees)
			add(scope_id, id, (alias_of === null ? null : own.get(keyOf(scope_id, alias_of))) ?? name, 'Payee');
		return names;
	});

	get today(): Day {
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- made and read in one go, never watched
		return dayOf(new Date(clock.now));
	}

	ledger(scope: string): Ledger | undefined {
		return this.ledgers.find((ledger) => ledger.scope === scope);
	}

	account(scope: string, id: AccountId): Account | undefined {
		return this.#accountBy.get(keyOf(scope, id));
	}

	/** Not closed. */
	accountsIn(scope: string): readonly Account[] {
		return (this.accounts ?? []).filter((account) => account.scope_id === scope && account.closed_at === null);
	}

	mayWrite(scope: string): boolean {
		return canWrite(this.roleIn(scope));
	}

	/** Ledgers in which the person may write. */
	get writable(): readonly Ledger[] {
		return this.ledgers.filter(({ scope }) => this.mayWrite(scope));
	}

	/** Of an account, a category, a payee, a tag, a person as an account. */
	nameOf(scope: string, id: AccountId): string {
		if (id === UNCATEGORISED) return 'Uncategorised';
		if (id === OPENING) return 'Opening balance';
		if (id === CLEARING) return 'Another ledger';
		return this.#names.get(keyOf(scope, id)) ?? (personOf(id) === undefined ? 'Uncategorised' : 'Somebody');
	}

	money(minor: Minor, currency: string, options?: FormatOptions): string {
		return formatMoney(minor, currency, this.locale, options);
	}

	/** For the form of a transaction of this ledger. */
	drafting(scope: string): DraftContext {
		return {
			locale: this.locale,
			currency: this.ledger(scope)?.currency ?? 'EUR',
			currencyOf: (id) => this.account(scope, id)?.currency
		};
	}

	/** The address of a register. */
	address(place: Place): string {
		return `${base}/${placeQuery(place, this.scopeList)}`;
	}

	/** Says what was done, if there is something to say, and keeps how to take it back. */
	did(undo: Undo, message?: string): void {
		this.#undos.push(undo);
		this.#redos.length = 0;
		if (message !== undefined)
			this.toasts.show(message, { action: { label: 'Undo', run: () => void this.#take(undo) } });
	}

	/** Takes back what this person did last in this page. */
	async undo(): Promise<void> {
		const last = this.#undos.at(-1);
		if (last) await this.#take(last);
		else this.toasts.show('Nothing to undo.');
	}

	async redo(): Promise<void> {
		const again = this.#redos.pop();
		if (!again) return this.toasts.show('Nothing to do again.');
		const outcome = await this.attempt(again);
		if (outcome?.redo) this.#undos.push(outcome.redo);
	}

	async #take(undo: Undo): Promise<void> {
		const at = this.#undos.lastIndexOf(undo);
		if (at >= 0) this.#undos.splice(at, 1);
		const outcome = await this.attempt(undo);
		if (!outcome) return;
		if (outcome.redo) this.#redos.push(outcome.redo);
		if (outcome.left > 0)
			this.toasts.show(`${outcome.undone} taken back. ${outcome.left} changed since and stayed as they are.`);
	}
}

export const getApp = (): App => getSuite<App>();
