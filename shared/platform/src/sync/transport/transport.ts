/**
 * What synchronisation needs of a network, whatever the network is: libp2p over WebSocket and circuits now, WebRTC
 * behind the same interface, memory in tests and simulations.
 *
 * A transport knows peer ids and bytes. It proves that the other side holds the key of its peer id; who that is (which
 * device of which person) is proven inside, by the session.
 */

/** What a channel is for. Both sides must name the same; a channel never changes it. */
export type Purpose = 'sync' | 'pairing' | 'invitation';

/**
 * `control` is for what must arrive soon, `bulk` for what may take long. Each is ordered; between them nothing is said
 * about order.
 */
export type Lane = 'control' | 'bulk';

/** A two-way connection to one peer. Lost as a whole, with no state that outlives it. */
export interface Channel {
	/** Transport peer id of the other side, proven. */
	readonly peerId: string;
	readonly purpose: Purpose;
	/** True on the side that dialled. */
	readonly dialled: boolean;
	readonly how: 'direct' | 'relayed' | 'memory';
	/** When the last byte came, in milliseconds since 1970. */
	readonly lastSeen: number;
	/** Resolves when the channel is over, with the reason in words if there is one. Never rejects. */
	readonly closed: Promise<string | undefined>;
	/**
	 * Sends one message. Resolves when the receiver has room for it and the network has taken it, so awaiting is
	 * back-pressure. Rejects when the channel is over.
	 */
	send(message: Uint8Array, lane?: Lane): Promise<void>;
	/**
	 * Sets who gets the messages; until then they wait. Messages of one lane come one after the other, each after the
	 * promise of the one before. A handler that throws closes the channel.
	 */
	onMessage(handler: (message: Uint8Array, lane: Lane) => void | Promise<void>): void;
	/** What was sent goes out first, unless there is a reason: then the channel ends at once. */
	close(reason?: string): void;
}

export type HomeNodeState = 'connected' | 'connecting' | 'offline';

export interface TransportStatus {
	homeNode: HomeNodeState;
	/** Milliseconds since 1970. */
	since: number;
	/** In plain words, when not connected. */
	reason?: string;
}

/** Finding peers by tags that only they can compute. */
export interface Rendezvous {
	/** Keeps a sealed note (at most 2 KiB) under a 32-byte tag until `unregister`, across reconnects. */
	register(tag: Uint8Array, blob: Uint8Array): void;
	unregister(tag: Uint8Array): void;
	/** Tells of others' notes under tags that are registered here. Returns what ends it. */
	onPeer(listener: (tag: Uint8Array, blob: Uint8Array) => void): () => void;
}

export interface DepositResult {
	stored: number;
	known: number;
	refused?: { index: number; reason: string; expected?: number | undefined } | undefined;
}

export interface FetchResult {
	records: Uint8Array[];
	next: number;
	more: boolean;
	/** Records between the position asked for and the first of these are gone. */
	gap: boolean;
}

/** Store and forward for devices that are away. Calls reject while there is no connection to the mailbox. */
export interface Mailbox {
	/** Which store this is, as hex; undefined while not connected. Positions hold for one store alone. */
	readonly id: string | undefined;
	/** Called with the id when a mailbox becomes reachable. Returns what ends it. */
	onReady(listener: (id: string) => void): () => void;
	/** Resolves when the records are on the mailbox's disk. */
	deposit(tag: Uint8Array, records: Uint8Array[]): Promise<DepositResult>;
	/** Records after a position, about `most` bytes (at most 1 MiB unless one record is larger). */
	fetch(tag: Uint8Array, after: number, most: number): Promise<FetchResult>;
	/** Tells the newest position of a tag now, after each reconnect, and when it changes. Returns what ends it. */
	subscribe(tag: Uint8Array, listener: (latest: number) => void): () => void;
}

export interface Transport {
	readonly peerId: string;
	start(): Promise<void>;
	stop(): Promise<void>;
	/** Connects to a peer. @throws Error with a reason in words */
	dial(peerId: string, purpose: Purpose): Promise<Channel>;
	/** Sets who gets the channels that others dial for a purpose. Without one they are refused. */
	onChannel(purpose: Purpose, handler: (channel: Channel) => void): () => void;
	status(): TransportStatus;
	onStatus(listener: (status: TransportStatus) => void): () => void;
	/** Something says that now is a good time to try again: the device is online again, the page is visible. */
	hint(): void;
	readonly rendezvous: Rendezvous;
	readonly mailbox: Mailbox;
}

/** Largest message on the control lane, in bytes. */
export const CONTROL_MESSAGE = 256 * 1024;
