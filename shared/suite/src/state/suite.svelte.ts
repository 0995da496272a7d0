/** What every screen of every app shares: the platform, who the person is, their scopes, who asks to be let in. */

import { createContext } from 'svelte';
import type { AppUpdate, IdentityInfo, JoinRequest, Platform, Role, ScopeInfo } from '@slf/platform';
import { platformStatus, Pushed, type StatusOf } from '@slf/platform/svelte';
import { Toasts } from '@slf/ui';
import { explain } from '../domain/failure.ts';
import { wordsOf, type AboutApp, type AppWords } from '../domain/words.ts';

/** What `Opening` has when the database answers. */
export interface Opened {
	readonly about: AboutApp;
	readonly platform: Platform;
	/** Local name of the person's own scope. Empty while there is no identity here, or the vault is locked. */
	readonly personal: string;
	/** New builds; what must be saved before a reload is registered with it. */
	readonly update: AppUpdate;
}

/** An app extends it by what its own screens share. */
export class SuiteState implements Opened {
	readonly about: AboutApp;
	readonly words: AppWords;
	readonly platform: Platform;
	readonly personal: string;
	readonly update: AppUpdate;
	readonly toasts = new Toasts();
	readonly status: StatusOf;
	readonly scopes: Pushed<ScopeInfo[]>;
	readonly identity: Pushed<IdentityInfo>;
	/** People and devices that wait for a yes on this device. */
	readonly requests: Pushed<readonly JoinRequest[]>;

	#learnt = $state.raw<readonly ScopeInfo[]>([]);

	constructor({ about, platform, personal, update }: Opened) {
		this.about = about;
		this.words = wordsOf(about);
		this.platform = platform;
		this.personal = personal;
		this.update = update;
		this.status = platformStatus(platform);
		this.scopes = new Pushed((push) => platform.scopes.watch(push));
		this.identity = new Pushed((push) => platform.identity.watch(push));
		this.requests = new Pushed((push) => platform.peers.requests(push));
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

	roleIn(scope: string): Role | undefined {
		if (scope === this.personal) return 'OWNER';
		return this.scopeList.find((s) => s.scope === scope)?.role;
	}

	/** What to tell a person of an error: what happened, what is safe, what to do. */
	explain(error: unknown): string {
		return explain(error, this.about);
	}

	/** Says plainly that it did not work. */
	complain(error: unknown): void {
		this.toasts.show(this.explain(error), { tone: 'danger' });
	}

	/** Runs it, and says plainly when it did not work. */
	async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
		try {
			return await work();
		} catch (error) {
			this.complain(error);
			return undefined;
		}
	}
}

const [getState, setState] = createContext<SuiteState>();

/** The app's state, in any screen below `Opening`. */
export function getSuite<App extends SuiteState = SuiteState>(): App {
	return getState() as App;
}

export const setSuite: (state: SuiteState) => void = setState;
