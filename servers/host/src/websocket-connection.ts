/**
 * One accepted WebSocket as the raw connection that libp2p upgrades (Noise, then yamux).
 *
 * The `websockets` package of libp2p opens a port of its own and offers no way in for a socket that another HTTP server
 * has accepted, so its listening half is written here; the dialling half stays theirs. Unlike theirs this one stops
 * reading from the socket when the connection is paused: a slow relayed peer then slows its sender instead of filling
 * our memory.
 */
import type { Logger } from '@libp2p/interface';
import { AbstractMultiaddrConnection } from '@libp2p/utils';
import type { SendResult } from '@libp2p/utils';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { Uint8ArrayList } from 'uint8arraylist';
import type { WebSocket } from 'ws';

/** Bytes waiting in the socket above which senders are asked to wait. */
const HIGH_WATER = 1024 * 1024;

export class WebSocketConnection extends AbstractMultiaddrConnection {
	readonly #socket: WebSocket;
	#waiting = false;

	constructor(socket: WebSocket, remoteAddr: Multiaddr, log: Logger) {
		super({ remoteAddr, direction: 'inbound', log });
		this.#socket = socket;
		socket.binaryType = 'nodebuffer';
		socket.on('message', (data, isBinary) => {
			if (!isBinary || !(data instanceof Uint8Array)) return this.abort(new Error('a text frame on a binary protocol'));
			this.onData(data);
		});
		socket.on('close', (code) => (code === 1000 || code === 1005 ? this.onTransportClosed() : this.onRemoteReset()));
		// 'close' follows and ends the connection; without a listener the error would end the process.
		socket.on('error', (error) => this.log('socket failed: %s', error.message));
	}

	override sendData(data: Uint8ArrayList): SendResult {
		for (const part of data) this.#socket.send(part, this.#onSent);
		const canSendMore = this.#socket.bufferedAmount < HIGH_WATER;
		this.#waiting ||= !canSendMore;
		return { sentBytes: data.byteLength, canSendMore };
	}

	readonly #onSent = (): void => {
		if (!this.#waiting || this.#socket.bufferedAmount >= HIGH_WATER / 2) return;
		this.#waiting = false;
		this.safeDispatchEvent('drain');
	};

	override sendReset(): void {
		this.#socket.terminate();
	}

	override async sendClose(): Promise<void> {
		this.#socket.close();
	}

	override sendPause(): void {
		this.#socket.pause();
	}

	override sendResume(): void {
		this.#socket.resume();
	}
}
