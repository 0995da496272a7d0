/**
 * Keeps the account's directory and the apps' databases in step, in both directions: a scope that an app made or was
 * given here becomes a row for the person's other devices; a row from another device becomes a scope here. And it shows
 * this device to the others, and takes in what they learned of the identity.
 *
 * A vault keeps its directory itself, in its own database: then the two are one database, and the account has no part.
 *
 * It compares and writes what is missing, so it may be run at any time and any number of times; it runs once more
 * whenever something changed while it ran.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { verifyCard } from '../identity/card.ts';
import type { Timers } from '../protocol/timers.ts';
import type { AccountTables } from './account-tables.ts';
import type { HubAccount, HubEngine } from './hub-ports.ts';

/** Milliseconds until a round that failed (an engine going away, a full disk) is tried again. */
const RETRY = 5000;

export interface DirectoryKeeperOptions {
	account: HubAccount;
	tables: AccountTables;
	/** Where the directory of an app is. */
	tablesOf: (app: string) => AccountTables;
	engines: ReadonlyMap<string, HubEngine>;
	timers: Timers;
}

export class DirectoryKeeper {
	readonly #options: DirectoryKeeperOptions;
	#state: 'idle' | 'running' | 'again' | 'stopped' = 'idle';
	#cancelRetry: (() => void) | undefined;
	#problem: Error | undefined;

	constructor(options: DirectoryKeeperOptions) {
		this.#options = options;
	}

	/** Why the last round did not get through, if it did not. */
	get problem(): Error | undefined {
		return this.#problem;
	}

	/** Something changed. */
	wake(): void {
		if (this.#state === 'running') this.#state = 'again';
		if (this.#state !== 'idle') return;
		this.#cancelRetry?.();
		void this.#run();
	}

	stop(): void {
		this.#state = 'stopped';
		this.#cancelRetry?.();
	}

	get #isStopped(): boolean {
		return this.#state === 'stopped';
	}

	async #run(): Promise<void> {
		do {
			this.#state = 'running';
			try {
				await this.#round();
				this.#problem = undefined;
			} catch (error) {
				this.#problem = error instanceof Error ? error : new Error('unknown');
				if (!this.#isStopped) this.#cancelRetry = this.#options.timers.after(RETRY, () => this.wake());
			}
		} while ((this.#state as string) === 'again');
		if (!this.#isStopped) this.#state = 'idle';
	}

	async #round(): Promise<void> {
		await this.#showSelf();
		await this.#readCards();
		for (const [app, engine] of this.#options.engines) {
			if (this.#isStopped) return;
			await this.#reconcile(app, engine);
		}
	}

	/** Shows this device, and the card as it knows it, to the person's other devices. */
	async #showSelf(): Promise<void> {
		const { account, tables } = this.#options;
		const { card, device, deviceName } = await account.self();
		const verified = verifyCard(card);
		const own = verified.ok ? verified.devices.get(device) : undefined;
		if (!own) return;
		await tables.put('devices', {
			id: device,
			name: deviceName,
			runs_on: own.runsOn,
			place: toHex(own.place),
			card,
			added_at: own.addedAt
		});
	}

	/** Takes in the records of the identity that other devices have and this one lacks. */
	async #readCards(): Promise<void> {
		const { account, tables } = this.#options;
		const { card, device } = await account.self();
		for (const row of await tables.all('devices')) {
			if (row.id !== device && !equalBytes(row.card, card)) await account.mergeCard(row.card);
		}
	}

	async #reconcile(app: string, engine: HubEngine): Promise<void> {
		const { tablesOf, timers } = this.#options;
		const tables = tablesOf(app);
		const isOurs = (row: { app: string }): boolean => row.app === app || row.app.startsWith(`${app}/`);
		const rows = new Map((await tables.all('scopes')).filter(isOurs).map((row) => [row.id, row]));
		const entries = await engine.directory();
		for (const { id, kind, name, epoch, key, app: ofApp } of entries) {
			const row = rows.get(id);
			rows.delete(id);
			if (!row) {
				await tables.put('scopes', { id, app: ofApp, kind, name, epoch, epoch_key: key, added_at: timers.now() });
			} else if (row.epoch < epoch) {
				await tables.put('scopes', { id, epoch, epoch_key: key });
			} else if (row.epoch > epoch) {
				await engine.joinScope({ id, kind, name, epoch: row.epoch, key: row.epoch_key });
			}
		}
		for (const { id, kind, name, epoch, epoch_key: key, app: ofApp } of rows.values()) {
			await engine.joinScope({ id, kind, name, epoch, key, app: ofApp });
		}
	}
}
