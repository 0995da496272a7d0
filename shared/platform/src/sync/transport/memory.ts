/**
 * A network in memory, for tests and simulations: devices, a home node with the same rules as the real one, and what
 * goes wrong between them, all from one seed and one clock.
 *
 * What can go wrong here is what can go wrong with streams: messages take time, connections break (with what was under
 * way), devices or the home node cannot reach each other for a while, a mailbox hands out records again. Within a
 * channel messages keep their order in each lane and come once, as libp2p's do.
 */
import { fromHex, toHex } from '../../crypto/bytes.ts';
import { MailboxRules } from '../../protocol/mailbox-rules.ts';
import { RendezvousDirectory } from '../../protocol/rendezvous-directory.ts';
import type { RendezvousSession } from '../../protocol/rendezvous-directory.ts';
import { every } from '../../protocol/timers.ts';
import type { Timers } from '../../protocol/timers.ts';
import { MemoryMailbox } from './memory-mailbox.ts';
import type {
	Channel,
	DepositResult,
	FetchResult,
	Lane,
	Mailbox,
	Purpose,
	Rendezvous,
	Transport,
	TransportStatus
} from './transport.ts';

export interface MemoryNetworkOptions {
	timers: Timers;
	/** From 0 to 1. */
	random: () => number;
	/** Milliseconds that a message takes, at least and at most. 0 unless said. */
	delay?: [least: number, most: number];
	/** Probability that sending a message breaks its channel instead. */
	breakage?: number;
	/** Probability that a fetch from the mailbox starts one record too early. */
	repeats?: number;
}

/** How long the home node waits before it asks a device's rendezvous notes to be forgotten. */
const SWEEP = 30_000;
const RENEW = 60_000;

export class MemoryNetwork {
	readonly timers: Timers;
	readonly #options: MemoryNetworkOptions;
	readonly #devices = new Map<string, MemoryTransport>();
	/** Group that a device is in; devices reach each other within a group only. */
	readonly #groups = new Map<string, number>();
	readonly #severed = new Set<string>();
	readonly directory: RendezvousDirectory;
	#mailbox: { id: string; rules: MailboxRules; storage: MemoryMailbox };
	#homeUp = true;
	#mailboxes = 0;

	constructor(options: MemoryNetworkOptions) {
		this.#options = options;
		this.timers = options.timers;
		this.directory = new RendezvousDirectory(() => options.timers.now());
		this.#mailbox = this.#newMailbox();
		every(options.timers, SWEEP, () => this.directory.sweep());
	}

	/** A device on this network. Ids are compared as text: the lower one dials. */
	device(peerId: string): MemoryTransport {
		const transport = new MemoryTransport(this, peerId);
		this.#devices.set(peerId, transport);
		return transport;
	}

	/** Cuts the network: devices reach each other, and the home node, in group 0 only within their group. */
	partition(groups: Record<string, number>): void {
		for (const [peerId, group] of Object.entries(groups)) this.#groups.set(peerId, group);
		for (const device of this.#devices.values()) device.recheck();
	}

	/** Two devices cannot reach each other, whomever else they reach. */
	sever(a: string, b: string): void {
		this.#severed.add(`${a}/${b}`).add(`${b}/${a}`);
		for (const device of this.#devices.values()) device.recheck();
	}

	/** Everybody reaches everybody. */
	heal(): void {
		this.#groups.clear();
		this.#severed.clear();
		for (const device of this.#devices.values()) device.recheck();
	}

	/** Takes the home node down, or up again with all it had. */
	setHome(up: boolean): void {
		this.#homeUp = up;
		for (const device of this.#devices.values()) device.recheck();
	}

	/** Replaces the mailbox by an empty one: its disk was lost. */
	loseMailbox(): void {
		this.#mailbox = this.#newMailbox();
		for (const device of this.#devices.values()) device.mailbox.renew();
	}

	get mailbox(): { id: string; rules: MailboxRules; storage: MemoryMailbox } {
		return this.#mailbox;
	}

	/** @internal */
	reachesHome(peerId: string): boolean {
		return this.#homeUp && (this.#groups.get(peerId) ?? 0) === 0;
	}

	/** @internal Circuits go through the home node, as they do for browsers. */
	reaches(a: string, b: string): boolean {
		if (this.#severed.has(`${a}/${b}`)) return false;
		return this.reachesHome(a) && this.reachesHome(b) && this.#devices.get(b)?.running === true;
	}

	/** @internal */
	find(peerId: string): MemoryTransport | undefined {
		return this.#devices.get(peerId);
	}

	/** @internal */
	delay(): number {
		const [least, most] = this.#options.delay ?? [0, 0];
		return least + (most - least) * this.#options.random();
	}

	/** @internal */
	happens(what: 'breakage' | 'repeats'): boolean {
		return this.#options.random() < (this.#options[what] ?? 0);
	}

	/** @internal A mailbox tells all who watch a tag. */
	news(tag: Uint8Array, except: MemoryTransport): void {
		for (const device of this.#devices.values()) if (device !== except) device.mailbox.news(tag);
	}

	#newMailbox(): { id: string; rules: MailboxRules; storage: MemoryMailbox } {
		const storage = new MemoryMailbox();
		const id = (++this.#mailboxes).toString(16).padStart(32, '0');
		return { id, storage, rules: new MailboxRules(storage, () => this.timers.now()) };
	}
}

export class MemoryTransport implements Transport {
	readonly peerId: string;
	readonly rendezvous: MemoryRendezvous;
	readonly mailbox: MemoryMailboxLink;
	readonly #network: MemoryNetwork;
	readonly #channels = new Set<MemoryChannel>();
	readonly #handlers = new Map<Purpose, (channel: Channel) => void>();
	readonly #listeners = new Set<(status: TransportStatus) => void>();
	#status: TransportStatus;
	#running = false;

	constructor(network: MemoryNetwork, peerId: string) {
		this.#network = network;
		this.peerId = peerId;
		this.rendezvous = new MemoryRendezvous(network);
		this.mailbox = new MemoryMailboxLink(network, this);
		this.#status = { homeNode: 'offline', since: network.timers.now(), reason: 'not started' };
	}

	get running(): boolean {
		return this.#running;
	}

	start(): Promise<void> {
		this.#running = true;
		this.recheck();
		return Promise.resolve();
	}

	stop(): Promise<void> {
		this.#running = false;
		this.recheck();
		return Promise.resolve();
	}

	dial(peerId: string, purpose: Purpose): Promise<Channel> {
		const other = this.#network.find(peerId);
		const accept = other?.handlerFor(purpose);
		if (!other || !this.#network.reaches(this.peerId, peerId))
			return Promise.reject(new Error('the peer is not there'));
		if (!accept) return Promise.reject(new Error('nobody there takes this kind of channel'));
		const near = new MemoryChannel(this.#network, this.peerId, peerId, purpose, true);
		const far = new MemoryChannel(this.#network, peerId, this.peerId, purpose, false);
		near.join(far);
		this.keep(near);
		other.keep(far);
		accept(far);
		return Promise.resolve(near);
	}

	onChannel(purpose: Purpose, handler: (channel: Channel) => void): () => void {
		this.#handlers.set(purpose, handler);
		return () => this.#handlers.delete(purpose);
	}

	status(): TransportStatus {
		return this.#status;
	}

	onStatus(listener: (status: TransportStatus) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	hint(): void {
		this.recheck();
	}

	/** @internal */
	handlerFor(purpose: Purpose): ((channel: Channel) => void) | undefined {
		return this.#handlers.get(purpose);
	}

	/** @internal */
	keep(channel: MemoryChannel): void {
		this.#channels.add(channel);
		void channel.closed.then(() => this.#channels.delete(channel));
	}

	/** @internal What can be reached has changed. */
	recheck(): void {
		const connected = this.#running && this.#network.reachesHome(this.peerId);
		for (const channel of this.#channels) {
			if (!this.#running || !this.#network.reaches(this.peerId, channel.peerId)) channel.close('the connection broke');
		}
		const before = this.#status;
		const reason = this.#running ? 'the home node does not answer' : 'stopped';
		if (connected === (before.homeNode === 'connected') && (connected || before.reason === reason)) return;
		this.#status = connected
			? { homeNode: 'connected', since: this.#network.timers.now() }
			: { homeNode: 'offline', since: this.#network.timers.now(), reason };
		this.rendezvous.connect(connected);
		this.mailbox.connect(connected);
		for (const listener of this.#listeners) listener(this.#status);
	}
}

class MemoryChannel implements Channel {
	readonly peerId: string;
	readonly purpose: Purpose;
	readonly dialled: boolean;
	readonly how = 'memory';
	readonly #network: MemoryNetwork;
	readonly #over = Promise.withResolvers<string | undefined>();
	readonly #arrived: Record<Lane, Uint8Array[]> = { control: [], bulk: [] };
	readonly #busy: Record<Lane, boolean> = { control: false, bulk: false };
	/** When the last message of a lane arrives: none may overtake it. */
	readonly #latest: Record<Lane, number> = { control: 0, bulk: 0 };
	#other: MemoryChannel | undefined;
	#handler: ((message: Uint8Array, lane: Lane) => void | Promise<void>) | undefined;
	#ended = false;
	lastSeen: number;

	constructor(network: MemoryNetwork, _local: string, peerId: string, purpose: Purpose, dialled: boolean) {
		this.#network = network;
		this.peerId = peerId;
		this.purpose = purpose;
		this.dialled = dialled;
		this.lastSeen = network.timers.now();
	}

	get closed(): Promise<string | undefined> {
		return this.#over.promise;
	}

	join(other: MemoryChannel): void {
		this.#other = other;
		other.#other = this;
	}

	send(message: Uint8Array, lane: Lane = 'control'): Promise<void> {
		if (this.#ended) return Promise.reject(new Error('the channel is over'));
		if (this.#network.happens('breakage')) {
			this.close('the connection broke');
			return Promise.reject(new Error('the connection broke'));
		}
		const { timers } = this.#network;
		const arrival = Math.max(this.#latest[lane], timers.now() + this.#network.delay());
		this.#latest[lane] = arrival;
		// A copy, as a wire would make one.
		const copy = message.slice();
		timers.after(arrival - timers.now(), () => this.#other?.arrive(copy, lane));
		return Promise.resolve();
	}

	onMessage(handler: (message: Uint8Array, lane: Lane) => void | Promise<void>): void {
		this.#handler = handler;
		void this.#work('control');
		void this.#work('bulk');
	}

	close(reason?: string): void {
		// In peace the other side first gets what is under way.
		const { timers } = this.#network;
		const wait =
			reason === undefined ? Math.max(0, this.#latest.control - timers.now(), this.#latest.bulk - timers.now()) : 0;
		this.#end(reason);
		const other = this.#other;
		if (other) timers.after(wait, () => other.#end(reason));
	}

	arrive(message: Uint8Array, lane: Lane): void {
		if (this.#ended) return;
		this.lastSeen = this.#network.timers.now();
		this.#arrived[lane].push(message);
		void this.#work(lane);
	}

	async #work(lane: Lane): Promise<void> {
		if (this.#busy[lane] || !this.#handler) return;
		this.#busy[lane] = true;
		try {
			for (let next = this.#arrived[lane].shift(); next && !this.#ended; next = this.#arrived[lane].shift()) {
				await this.#handler(next, lane);
			}
		} catch (error) {
			this.close(error instanceof Error ? error.message : 'the handler failed');
		} finally {
			this.#busy[lane] = false;
		}
	}

	#end(reason: string | undefined): void {
		this.#ended = true;
		this.#over.resolve(reason);
	}
}

class MemoryRendezvous implements Rendezvous {
	readonly #network: MemoryNetwork;
	readonly #notes = new Map<string, Uint8Array>();
	readonly #listeners = new Set<(tag: Uint8Array, blob: Uint8Array) => void>();
	#session: RendezvousSession | undefined;
	#stopRenewing: (() => void) | undefined;

	constructor(network: MemoryNetwork) {
		this.#network = network;
	}

	register(tag: Uint8Array, blob: Uint8Array): void {
		this.#notes.set(toHex(tag), blob);
		this.#session?.put(tag, blob);
	}

	unregister(tag: Uint8Array): void {
		this.#notes.delete(toHex(tag));
		this.#session?.drop(tag);
	}

	onPeer(listener: (tag: Uint8Array, blob: Uint8Array) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	connect(connected: boolean): void {
		this.#session?.close();
		this.#stopRenewing?.();
		this.#session = undefined;
		if (!connected) return;
		const session = this.#network.directory.join((tag, blob) => {
			this.#network.timers.after(this.#network.delay(), () => {
				if (this.#session !== session || !this.#notes.has(toHex(tag))) return;
				for (const listener of this.#listeners) listener(tag, blob);
			});
		});
		this.#session = session;
		const putAll = (): void => {
			for (const [tag, blob] of this.#notes) session.put(fromHex(tag), blob);
		};
		this.#stopRenewing = every(this.#network.timers, RENEW, putAll);
		putAll();
	}
}

class MemoryMailboxLink implements Mailbox {
	readonly #network: MemoryNetwork;
	readonly #device: MemoryTransport;
	readonly #watches = new Map<string, Set<(latest: number) => void>>();
	readonly #readyListeners = new Set<(id: string) => void>();
	#connected = false;

	constructor(network: MemoryNetwork, device: MemoryTransport) {
		this.#network = network;
		this.#device = device;
	}

	get id(): string | undefined {
		return this.#connected ? this.#network.mailbox.id : undefined;
	}

	onReady(listener: (id: string) => void): () => void {
		this.#readyListeners.add(listener);
		if (this.id !== undefined) listener(this.id);
		return () => this.#readyListeners.delete(listener);
	}

	async deposit(tag: Uint8Array, records: Uint8Array[]): Promise<DepositResult> {
		await this.#cross();
		const result = this.#network.mailbox.rules.deposit(tag, records);
		if (result.stored > 0) this.#network.news(tag, this.#device);
		await this.#cross();
		return result;
	}

	async fetch(tag: Uint8Array, after: number, most: number): Promise<FetchResult> {
		await this.#cross();
		const from = after > 0 && this.#network.happens('repeats') ? after - 1 : after;
		const result = this.#network.mailbox.rules.fetch(tag, from, most);
		await this.#cross();
		return result;
	}

	subscribe(tag: Uint8Array, listener: (latest: number) => void): () => void {
		const key = toHex(tag);
		const listeners = this.#watches.get(key) ?? new Set();
		this.#watches.set(key, listeners.add(listener));
		this.news(tag);
		return () => listeners.delete(listener);
	}

	connect(connected: boolean): void {
		this.#connected = connected;
		if (connected) this.renew();
	}

	/** @internal */
	renew(): void {
		const { id } = this;
		if (id === undefined) return;
		for (const listener of this.#readyListeners) listener(id);
		for (const key of this.#watches.keys()) this.news(fromHex(key));
	}

	/** @internal */
	news(tag: Uint8Array): void {
		this.#network.timers.after(this.#network.delay(), () => {
			if (!this.#connected) return;
			const latest = this.#network.mailbox.rules.latest(tag);
			for (const listener of this.#watches.get(toHex(tag)) ?? []) listener(latest);
		});
	}

	/** One way over the network. Rejects where it is cut. */
	#cross(): Promise<void> {
		const { timers } = this.#network;
		return new Promise((resolve, reject) => {
			timers.after(this.#network.delay(), () => {
				if (this.#connected) resolve();
				else reject(new Error('the connection to the mailbox was lost'));
			});
		});
	}
}
