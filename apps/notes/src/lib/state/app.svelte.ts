/** What the screens of Notes share beyond those of the suite: the folders, addresses, what is searched. */

import { SvelteSet } from 'svelte/reactivity';
import { liveQuery } from '@slf/platform/svelte';
import { base, getSuite, SuiteState } from '@slf/suite';
import { folderEntries, type FolderEntry, type FolderRow } from '@slf/suite/domain';
import { allFolders } from '#lib/data/folders.ts';
import { Addresses } from '#lib/domain/address.ts';

const SHARED = { kind: 'folder', unnamed: 'Shared folder' };

export class App extends SuiteState {
	/** What is typed into the search field. Here and not in the address, which browsers write to disk. */
	search = $state('');
	/** The folder whose sharing is on screen. */
	sharing = $state.raw<FolderEntry>();
	/** Puts the focus into the text of the note that is open. */
	focusText: (() => void) | undefined;
	/** The next note was opened with the keys: its text gets the focus. */
	openForWriting = false;
	/** Notes made in this page that nobody has written into yet: they go when they are left. */
	readonly fresh = new SvelteSet<string>();

	/** The addresses of screens, and what an address says. */
	readonly addresses = new Addresses(base, () => this.scopeList);

	readonly #folderRows = liveQuery<FolderRow>(this.platform, allFolders());
	readonly folders: readonly FolderEntry[] = $derived.by(() => this.#entries());

	#entries(): FolderEntry[] {
		return folderEntries(this.scopeList, this.#folderRows.rows ?? [], SHARED);
	}

	folderAt(scope: string, id: string | null): FolderEntry | undefined {
		return this.folders.find((entry) => entry.scope === scope && entry.id === id);
	}
}

export const getApp = (): App => getSuite<App>();
