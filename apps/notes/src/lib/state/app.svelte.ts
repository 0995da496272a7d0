/** What every screen of Notes shares: the platform, who and where the person is, the folders, what is searched. */

import { createContext } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import type { AppUpdate, IdentityInfo, JoinRequest, Platform, ScopeInfo } from '@slf/platform';
import { liveQuery, platformStatus, Pushed, type StatusOf } from '@slf/platform/svelte';
import { Toasts } from '@slf/ui';
import { allFolders } from '#lib/data/folders.ts';
import { Addresses } from '#lib/domain/address.ts';
import type { FolderRow } from '#lib/domain/folders.ts';
import { folderEntries, type FolderEntry } from '#lib/domain/places.ts';
import { base } from './base.ts';

export class App {
	readonly platform: Platform;
	/** Local name of the person's own scope. */
	readonly personal: string;
	readonly toasts: Toasts;
	/** New builds; what must be saved before a reload is registered with it. */
	readonly update: AppUpdate;
	readonly status: StatusOf;
	readonly scopes: Pushed<ScopeInfo[]>;
	readonly identity: Pushed<IdentityInfo>;
	/** People and devices that wait for a yes on this device. */
	readonly requests: Pushed<readonly JoinRequest[]>;
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

	#learnt = $state.raw<readonly ScopeInfo[]>([]);
	readonly #folderRows;
	readonly folders: readonly FolderEntry[] = $derived.by(() => this.#entries());

	constructor({ platform, personal, update }: { platform: Platform; personal: string; update: AppUpdate }) {
		this.platform = platform;
		this.personal = personal;
		this.toasts = new Toasts();
		this.update = update;
		this.status = platformStatus(platform);
		this.scopes = new Pushed((push) => platform.scopes.watch(push));
		this.identity = new Pushed((push) => platform.identity.watch(push));
		this.requests = new Pushed((push) => platform.peers.requests(push));
		this.#folderRows = liveQuery<FolderRow>(platform, allFolders());
	}

	/** The person's own scope at least, also before the list of scopes is here. */
	get scopeList(): readonly ScopeInfo[] {
		const own: ScopeInfo = { scope: this.personal, id: '', kind: 'user', name: '', role: 'OWNER', personal: true };
		const told = this.scopes.current ?? [own];
		return [...told, ...this.#learnt.filter(({ scope }) => !told.some((s) => s.scope === scope))];
	}

	/** A scope that a call just gave, ahead of the next list of scopes. */
	learn(scope: ScopeInfo): void {
		this.#learnt = [...this.#learnt, scope];
	}

	#entries(): FolderEntry[] {
		return folderEntries(this.scopeList, this.#folderRows.rows ?? []);
	}

	roleIn(scope: string): ScopeInfo['role'] | undefined {
		if (scope === this.personal) return 'OWNER';
		return this.scopeList.find((s) => s.scope === scope)?.role;
	}

	folderAt(scope: string, id: string | null): FolderEntry | undefined {
		return this.folders.find((entry) => entry.scope === scope && entry.id === id);
	}
}

export const [getApp, setApp] = createContext<App>();
