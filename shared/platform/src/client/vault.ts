/**
 * The vault as an app holds it: `platform.vault` over the port to the vault's worker. Passphrases and PRF values become
 * bytes here, are transferred to that worker and nowhere else, and wiped.
 */

import type { VaultAnswer, VaultStatus } from '../protocol/shapes.ts';
import type { NewPasskey, PasskeyPrompt, VaultCalls, VaultFactor, VaultStreams } from '../protocol/vault-calls.ts';
import { isLocked, isLost, type Connection } from './connection.ts';
import type { Vault, VaultKeyGiven, VaultWays } from './platform.ts';

/** `client/passkeys.ts`, which is loaded when it is needed. Missing where there is no browser. */
export type PasskeyModule = () => Promise<typeof import('./passkeys.ts')>;

export interface VaultClientOptions {
	connection: Connection<VaultCalls, VaultStreams>;
	passkeys: PasskeyModule | undefined;
	/** Resolves when the engine answers. */
	opened: () => Promise<void>;
	/** `status` is another. */
	changed: () => void;
	/** Ends the vault's worker, where it does not answer any more. */
	end: () => Promise<void>;
}

const NOTHING: VaultStatus = {
	state: 'locked',
	passphrase: false,
	words: false,
	passkeys: [],
	lockAfter: 300_000,
	hiddenAfter: 60_000,
	others: 0,
	isOther: false,
	mayBeElsewhere: false
};

/** The worker is told of activity at most this often, in ms; where it locks soon, four times before it would. */
const ACTIVITY_PAUSE = 2000;
/** How long the worker may take to lock before it is ended. */
const LOCK_LIMIT = 1500;
/** Attempts at a call whose worker is lost. */
const TRIES = 3;

export class VaultClient implements Vault {
	readonly #options: VaultClientOptions;
	readonly #watchers = new Set<(status: VaultStatus) => void>();
	readonly #savers = new Set<() => unknown>();
	#status = NOTHING;
	#started: Promise<void> | undefined;
	#prompt: PasskeyPrompt | undefined;
	#visible = true;
	#activeAt = 0;

	constructor(options: VaultClientOptions) {
		this.#options = options;
	}

	/** Resolves when the worker has said what there is, or cannot. Again after it could not. */
	start(): Promise<void> {
		this.#started ??= this.#start();
		return this.#started;
	}

	async #start(): Promise<void> {
		const { connection } = this.#options;
		await new Promise<void>((resolve) => {
			const over = () => {
				this.#started = undefined;
				resolve();
			};
			connection.open('status', {}, (status) => void (this.#receive(status), resolve()), { failed: over }).catch(over);
		});
		void connection
			.open('locking', {}, (event) => event && void this.#locking(event.lock, event.within))
			.catch(() => {});
	}

	/** The worker may be another one: tells it what this tab is like. */
	connected(): void {
		if (!this.#visible) this.visible(false);
	}

	status(): VaultStatus {
		return this.#status;
	}

	watch(callback: (status: VaultStatus) => void): () => void {
		this.#watchers.add(callback);
		callback(this.#status);
		return () => this.#watchers.delete(callback);
	}

	create({ passkeyName, ...ways }: VaultWays): Promise<VaultAnswer> {
		return this.#withPasskey(passkeyName, (passkey) =>
			this.#opening('create', ways.passphrase, (passphrase) => ({
				...(passphrase ? { passphrase } : {}),
				...(ways.words === undefined ? {} : { words: ways.words }),
				...(passkey ? { passkey: passkey() } : {})
			}))
		);
	}

	async unlock(given: VaultKeyGiven): Promise<VaultAnswer> {
		return this.#withFactor(given, 'unlock');
	}

	async bringIn(given: VaultKeyGiven): Promise<VaultAnswer> {
		return this.#withFactor(given, 'bringIn');
	}

	async lock(): Promise<void> {
		const { connection, end } = this.#options;
		const locked = connection
			.link()
			.then((link) => link.call('lock', {}))
			// The worker may be gone before it has answered: then it is locked.
			.catch(() => {});
		let timer: ReturnType<typeof setTimeout> | undefined;
		const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), LOCK_LIMIT)));
		if ((await Promise.race([locked, late])) === 'late') await end();
		clearTimeout(timer);
	}

	setPassphrase(passphrase: string | Uint8Array): Promise<VaultAnswer> {
		return this.#sending('setPassphrase', passphrase, (bytes) => ({ passphrase: bytes! }));
	}

	addWords(text: string): Promise<VaultAnswer> {
		return this.#ask('addWords', () => ({ text }));
	}

	addPasskey(name: string): Promise<VaultAnswer> {
		return this.#withPasskey(name, (passkey) => this.#ask('addPasskey', passkey!));
	}

	async removePasskey(id: string): Promise<VaultAnswer> {
		const answer = await this.#ask('removePasskey', () => ({ id }));
		if (answer.ok) (await this.#passkeys())?.forgetPasskey(id);
		return answer;
	}

	setLockAfter(ms: number): Promise<VaultAnswer> {
		return this.#ask('settings', () => ({ lockAfter: ms }));
	}

	setHiddenAfter(ms: number): Promise<VaultAnswer> {
		return this.#ask('settings', () => ({ hiddenAfter: ms }));
	}

	activity(): void {
		const now = Date.now();
		const { state, lockAfter } = this.#status;
		if (state !== 'open' || Math.abs(now - this.#activeAt) < Math.min(ACTIVITY_PAUSE, lockAfter / 4)) return;
		this.#activeAt = now;
		this.#tell('activity', {});
	}

	onLocking(save: () => unknown): () => void {
		this.#savers.add(save);
		return () => this.#savers.delete(save);
	}

	/** Whether this tab is in sight. */
	visible(visible: boolean): void {
		this.#visible = visible;
		this.#tell('visible', { visible });
	}

	setAside(): Promise<void> {
		return this.#options.connection.call('setAside', {});
	}

	#receive(status: VaultStatus): void {
		this.#status = status;
		void this.#options.connection.call('passkeyPrompt', {}).then(
			(prompt) => (this.#prompt = prompt),
			() => {}
		);
		this.#options.changed();
		for (const watcher of [...this.#watchers]) watcher(status);
	}

	/** Lets the app write what was typed and not saved, and says when that is done. */
	async #locking(lock: number, within: number): Promise<void> {
		const saved = Promise.allSettled([...this.#savers].map(async (save) => save()));
		await Promise.race([saved, new Promise((resolve) => setTimeout(resolve, within))]);
		this.#tell('drafted', { lock });
	}

	/** Nobody waits for it, and a worker that is gone needs it no more. */
	#tell<K extends 'activity' | 'visible' | 'drafted'>(call: K, args: Parameters<VaultCalls[K]>[0]): void {
		this.#options.connection
			.link()
			.then((link) => link.call(call, args as never))
			.catch(() => {});
	}

	// --- Asking ------------------------------------------------------------------------------------------------------

	async #withFactor(given: VaultKeyGiven, call: 'unlock' | 'bringIn'): Promise<VaultAnswer> {
		if ('passphrase' in given) {
			return this.#opening(call, given.passphrase, (bytes) => ({ type: 'passphrase', passphrase: bytes! }));
		}
		if ('words' in given) return this.#opening(call, undefined, () => ({ type: 'words', text: given.words }));
		const passkeys = await this.#passkeys();
		if (!passkeys) return NO_BROWSER;
		const prompt = await this.#askPrompt();
		if (prompt.credentials.length === 0) {
			return { ok: false, code: 'NO_PASSKEY', reason: 'There is no passkey for this vault in this browser.' };
		}
		const got = await passkeys.askPasskey(prompt);
		if (!got.ok) return got;
		const { credential } = got;
		return this.#opening(call, got.prf, (prf): VaultFactor => ({ type: 'passkey', credential, prf: prf! }));
	}

	/** Makes a passkey first, where a name for one is given. What it gave is wiped in the end. */
	async #withPasskey(
		name: string | undefined,
		ask: (passkey: (() => NewPasskey) | undefined) => Promise<VaultAnswer>
	): Promise<VaultAnswer> {
		if (name === undefined) return ask(undefined);
		const passkeys = await this.#passkeys();
		if (!passkeys) return NO_BROWSER;
		const made = await passkeys.createPasskey(await this.#askPrompt(), name);
		if (!made.ok) return made;
		const { first, second, ...passkey } = made.passkey;
		try {
			const answer = await ask(() => ({ ...passkey, first: first.slice(), second: second.slice() }));
			if (!answer.ok) passkeys.forgetPasskey(made.id);
			return answer;
		} finally {
			for (const bytes of [first, second]) bytes.fill(0);
		}
	}

	/** At hand already, as a rule: browsers ask for a passkey only while they remember the press of the button. */
	async #askPrompt(): Promise<PasskeyPrompt> {
		this.#prompt ??= await this.#options.connection.call('passkeyPrompt', {});
		return this.#prompt;
	}

	async #passkeys() {
		const { passkeys } = this.#options;
		if (!passkeys || typeof PublicKeyCredential === 'undefined') return undefined;
		return passkeys();
	}

	/** Asks for what opens the vault, and waits until its engine answers. */
	async #opening<K extends 'create' | 'unlock' | 'bringIn'>(
		call: K,
		secret: string | Uint8Array | undefined,
		make: (secret: Uint8Array | undefined) => Parameters<VaultCalls[K]>[0]
	): Promise<VaultAnswer> {
		const answer = await this.#sending(call, secret, make);
		try {
			if (answer.ok) await this.#options.opened();
			return answer;
		} catch (error) {
			if (isLocked(error)) return { ok: false, code: 'LOCKED', reason: 'The vault was locked again at once.' };
			throw error;
		}
	}

	async #sending<K extends 'create' | 'unlock' | 'bringIn' | 'setPassphrase'>(
		call: K,
		secret: string | Uint8Array | undefined,
		make: (secret: Uint8Array | undefined) => Parameters<VaultCalls[K]>[0]
	): Promise<VaultAnswer> {
		// The same letters from every keyboard.
		const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret.normalize('NFKC')) : secret;
		try {
			return await this.#ask(call, () => make(bytes?.slice()));
		} finally {
			bytes?.fill(0);
		}
	}

	/** @param make gives the arguments anew for each try, since what they hold is transferred */
	async #ask<K extends keyof VaultCalls & string>(
		call: K,
		make: () => Parameters<VaultCalls[K]>[0]
	): Promise<VaultAnswer> {
		for (let tries = 1; ; tries++) {
			const link = await this.#options.connection.link();
			const args = make();
			try {
				return (await link.call(call, args as never, buffersOf(args))) as VaultAnswer;
			} catch (error) {
				if (!isLost(error) || tries === TRIES) throw error;
			}
		}
	}
}

/** The buffers of secrets among the arguments; ids stay, they are no secrets. */
function buffersOf(args: object): ArrayBuffer[] {
	const { passphrase, prf, first, second, passkey } = args as Partial<Record<string, unknown>>;
	const nested = passkey ? buffersOf(passkey) : [];
	const secrets = [passphrase, prf, first, second].filter((value) => value instanceof Uint8Array);
	return [...secrets.map(({ buffer }) => buffer as ArrayBuffer), ...nested];
}

const NO_BROWSER: VaultAnswer = { ok: false, code: 'PASSKEY_FAILED', reason: 'There are no passkeys here.' };
