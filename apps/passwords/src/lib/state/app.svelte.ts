/** What every screen of Passwords shares: the vault's lines, the search over them, the clipboard, what is unsaved. */

import { goto } from '$app/navigation';
import type { Vault, VaultPlatform } from '@slf/platform';
import { liveQuery } from '@slf/platform/svelte';
import { base, getSuite, SuiteState, type Opened } from '@slf/suite';
import { folderEntries, type FolderEntry, type FolderRow } from '@slf/suite/domain';
import { keepDraft, keptDrafts, type KeptDraft } from '#lib/data/drafts.ts';
import { allFolders } from '#lib/data/folders.ts';
import { allAddresses, allItems, allTags, type TagLine } from '#lib/data/items.ts';
import type { ItemRef } from '#lib/data/query.ts';
import type { ItemLine } from '#lib/domain/item.ts';
import { folderWords, NO_SURROUNDINGS, tagCounts } from '#lib/domain/lines.ts';
import { Addresses } from '#lib/domain/place.ts';
import { SearchIndex, type AddressLine } from '#lib/domain/search.ts';
import { endJudging } from './strength.svelte.ts';
import { ClipboardKeeper, pageClipboard, type ClipboardState } from './clipboard.ts';

/** What an editor holds that is not saved; undefined where that is nothing. */
type Unsaved = () => { item: ItemRef; content: string } | undefined;

/** What an editor needs of an item that is not stored yet. */
type Reopened = ItemRef & Pick<ItemLine, 'type' | 'folder_id'>;

const SHARED = { kind: 'vault', unnamed: 'Shared vault' };

export class App extends SuiteState {
	/** What is typed into the search field. Here and not in the address, which browsers write to disk. */
	search = $state('');
	/** The vault whose sharing is on screen. */
	sharing = $state.raw<FolderEntry>();
	/** What the keys act on: the row that has the focus, or the item that is open. */
	current = $state.raw<ItemLine>();
	/** What was being typed when the vault was locked the last time. */
	drafts = $state.raw<readonly KeptDraft[]>([]);
	clipboardState = $state<ClipboardState>('empty');
	readonly clipboard = new ClipboardKeeper(pageClipboard());
	readonly addresses = new Addresses(base, () => this.scopeList);

	readonly #items = liveQuery<ItemLine>(this.platform, allItems());
	readonly #addresses = liveQuery<AddressLine>(this.platform, allAddresses());
	readonly #tags = liveQuery<TagLine>(this.platform, allTags());
	readonly #folderRows = liveQuery<FolderRow>(this.platform, allFolders());
	readonly #searchIndex = new SearchIndex();
	/** What an editor holds that is not saved: asked for when the vault is about to be locked. */
	#unsaved: readonly Unsaved[] = [];

	#reopened: Reopened | undefined;

	readonly folders: readonly FolderEntry[] = $derived(
		folderEntries(this.scopeList, this.#folderRows.rows ?? [], SHARED)
	);
	/** The path of each folder as words, for search. */
	readonly #folderPaths = $derived(folderWords(this.folders));
	/** All lines by title; undefined until they are here. */
	readonly lines = $derived.by(() => {
		const items = this.#items.rows;
		if (items === undefined) return undefined;
		this.#searchIndex.fill(items, {
			addresses: this.#addresses.rows ?? [],
			tags: this.#tags.rows ?? [],
			folders: this.#folderPaths,
			personal: this.personal
		});
		return this.#searchIndex.find('');
	});
	/** What the search finds, best first; undefined while nothing is searched. */
	readonly found = $derived.by(() => {
		if (this.search.trim() === '' || this.lines === undefined) return undefined;
		return this.#searchIndex.find(this.search);
	});
	/** The names of all tags, with how many items have each. */
	readonly tagCounts = $derived(tagCounts(this.#tags.rows ?? [], this.#items.rows ?? []));

	constructor(opened: Opened) {
		super(opened);
		this.clipboard.onChange = (state) => (this.clipboardState = state);
		const { platform, vault } = this;
		const stopSaving = vault.onLocking(async () => {
			void this.clipboard.clear();
			await Promise.all(
				this.#unsaved.map(async (ask) => {
					const kept = ask();
					if (kept) await keepDraft(platform, kept.item, kept.content, Date.now());
				})
			);
		});
		let wasOpen = false;
		const stopWatching = vault.watch(({ state }) => {
			if (state === 'open') wasOpen = true;
			else if (wasOpen) {
				stopSaving();
				this.#forget();
				queueMicrotask(() => stopWatching());
			}
		});
		void this.lookForDrafts();
	}

	/** What opens and locks it all. The layout asks the platform for a vault. */
	get vault(): Vault {
		return (this.platform as VaultPlatform).vault;
	}

	/** For the palette: the best few. */
	find(typed: string, most: number): ItemLine[] {
		return this.lines === undefined ? [] : this.#searchIndex.find(typed, most);
	}

	/** The vault is locked: nothing that was read from it stays, whoever still holds this object. */
	#forget(): void {
		endJudging();
		this.search = '';
		this.current = undefined;
		this.sharing = undefined;
		this.drafts = [];
		this.#unsaved = [];
		this.#reopened = undefined;
		this.#searchIndex.fill([], NO_SURROUNDINGS);
	}

	/** An editor says here how to ask it for what is not saved. Gives the function that lets go of it. */
	keepUnsaved(ask: Unsaved): () => void {
		this.#unsaved = [...this.#unsaved, ask];
		return () => (this.#unsaved = this.#unsaved.filter((other) => other !== ask));
	}

	async lookForDrafts(): Promise<void> {
		this.drafts = (await this.attempt(() => keptDrafts(this.platform))) ?? [];
	}

	/** Opens the editor again with what was typed and not saved. */
	reopen(item: Reopened, kept: { isNew: boolean; changes: object }): void {
		this.drafts = [{ ...item, keptAt: Date.now(), content: JSON.stringify(kept) }, ...this.drafts];
		if (kept.isNew) {
			this.#reopened = item;
			void goto(`${base}/new`);
		} else void goto(`${this.addresses.item(item, { kind: 'all' })}&draft`);
	}

	/** The new item whose editor is to be opened again, once. */
	takeReopened(): Reopened | undefined {
		const item = this.#reopened;
		this.#reopened = undefined;
		return item;
	}

	folderAt(scope: string, id: string | null): FolderEntry | undefined {
		return this.folders.find((entry) => entry.scope === scope && entry.id === id);
	}
}

export const getApp = (): App => getSuite<App>();
