/**
 * Where channels begin: opens the two lanes of one that we dial, and puts together the two streams of one that others
 * dial. The lanes come as separate streams and in any order.
 */
import { randomBytes } from '../../crypto/random.ts';
import { toHex } from '../../crypto/bytes.ts';
import type { ByteStream } from '../../protocol/framed-stream.ts';
import { LaneStream, StreamChannel, decodeOpening, encodeOpening } from './channel.ts';
import type { Opening } from './channel.ts';
import type { Channel, Lane, Purpose } from './transport.ts';

/** Milliseconds for the first frame of a stream, and for the second lane of a channel. */
const PATIENCE = 10_000;

/** Streams that wait for their first frame or for the other lane. */
const MOST_PENDING = 64;

/** What is needed of a libp2p connection. */
interface PeerConnection {
	readonly id: string;
	readonly remotePeer: { toString(): string };
}

type Pending = { channel: StreamChannel } | { bulk: LaneStream };

export class ChannelDoor<Connection extends PeerConnection = PeerConnection> {
	readonly #how: (connection: Connection) => Channel['how'];
	readonly #handlers = new Map<Purpose, (channel: Channel) => void>();
	/** Channels and bulk lanes that wait for their other half, by connection and channel id. */
	readonly #pending = new Map<string, Pending>();
	#unopened = 0;

	constructor(how: (connection: Connection) => Channel['how']) {
		this.#how = how;
	}

	onChannel(purpose: Purpose, handler: (channel: Channel) => void): () => void {
		this.#handlers.set(purpose, handler);
		return () => {
			if (this.#handlers.get(purpose) === handler) this.#handlers.delete(purpose);
		};
	}

	/** Opens a channel on a connection. @throws Error if a stream cannot be opened */
	async open(
		connection: Connection,
		newStream: (lane: Lane, signal: AbortSignal) => Promise<ByteStream>,
		purpose: Purpose,
		signal: AbortSignal
	): Promise<Channel> {
		const id = randomBytes(16);
		const openLane = async (lane: Lane): Promise<LaneStream> => {
			const stream = new LaneStream(await newStream(lane, signal), lane);
			stream.framed.sendFrame(encodeOpening({ id, purpose }));
			return stream;
		};
		const control = await openLane('control');
		const channel = new StreamChannel(
			{ peerId: connection.remotePeer.toString(), purpose, dialled: true, how: this.#how(connection) },
			control
		);
		openLane('bulk').then(
			(bulk) => channel.attach(bulk),
			(error: unknown) => channel.close(error instanceof Error ? error.message : 'the bulk lane could not be opened')
		);
		return channel;
	}

	/** Takes a stream that the other side opened. */
	accept(stream: ByteStream, kind: Lane, connection: Connection): void {
		if (this.#unopened >= MOST_PENDING) return stream.abort(new Error('too many streams that do not begin'));
		this.#unopened++;
		const unread = setTimeout(() => lane.framed.abort(new Error('a stream that does not begin')), PATIENCE);
		let opened = false;
		const begin = (): void => {
			if (opened) return;
			opened = true;
			this.#unopened--;
			clearTimeout(unread);
		};
		const lane = new LaneStream(stream, kind, (payload) => {
			if (opened) return lane.framed.abort(new Error('a lane that is opened twice'));
			begin();
			try {
				this.#join(decodeOpening(payload), lane, connection);
			} catch (error) {
				lane.framed.abort(error instanceof Error ? error : new Error('unreadable'));
			}
		});
		void lane.framed.closed.then(begin);
	}

	#join(opening: Opening, lane: LaneStream, connection: Connection): void {
		const key = `${connection.id}/${toHex(opening.id)}`;
		const waiting = this.#pending.get(key);
		if (lane.lane === 'bulk') {
			if (waiting && 'channel' in waiting) return this.#complete(key, waiting.channel, lane);
			return this.#wait(key, { bulk: lane }, lane);
		}
		const handler = this.#handlers.get(opening.purpose);
		if (!handler) throw new Error('nobody here takes this kind of channel');
		const peerId = connection.remotePeer.toString();
		const init = { peerId, purpose: opening.purpose, dialled: false, how: this.#how(connection) };
		const channel = new StreamChannel(init, lane);
		if (waiting && 'bulk' in waiting) this.#complete(key, channel, waiting.bulk);
		else this.#wait(key, { channel }, lane);
		handler(channel);
	}

	#complete(key: string, channel: StreamChannel, bulk: LaneStream): void {
		this.#pending.delete(key);
		channel.attach(bulk);
	}

	#wait(key: string, pending: Pending, lane: LaneStream): void {
		if (this.#pending.size >= MOST_PENDING) throw new Error('too many channels that are half open');
		this.#pending.set(key, pending);
		const forget = (): void => {
			clearTimeout(timer);
			if (this.#pending.get(key) === pending) this.#pending.delete(key);
		};
		const timer = setTimeout(() => {
			if (this.#pending.get(key) !== pending) return;
			lane.framed.abort(new Error('the other lane did not come'));
		}, PATIENCE);
		void lane.framed.closed.then(forget);
	}
}
