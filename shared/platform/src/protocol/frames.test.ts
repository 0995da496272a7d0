import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { FramedStream, MemoryBudget } from './framed-stream.ts';
import type { ByteStream } from './framed-stream.ts';
import { FRAME_MORE, FRAME_PING, FRAME_PONG, FrameReader, MAX_FRAME, encodeFrame, framesOf } from './frames.ts';
import { VirtualTime } from '../testing/virtual-time.ts';

const LIMIT = 1024 * 1024;

/** Reads bytes cut into pieces. */
function read(bytes: Uint8Array, pieces: number[], limit = LIMIT): { messages: Uint8Array[]; control: number[] } {
	const messages: Uint8Array[] = [];
	const control: number[] = [];
	const reader = new FrameReader(limit, {
		message: (message) => messages.push(message),
		control: (kind) => control.push(kind)
	});
	let at = 0;
	for (const piece of [...pieces, bytes.length]) {
		reader.push(bytes.subarray(at, at + piece));
		at += piece;
	}
	return { messages, control };
}

const join = (parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const wire = (message: Uint8Array): Uint8Array => join([...framesOf(message)].map(({ frame }) => frame));

test('[N-7] messages come out as they went in, however the bytes are cut', () => {
	fc.assert(
		fc.property(
			fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }),
			fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 }),
			(messages, pieces) => {
				expect(read(join(messages.map(wire)), pieces).messages).toEqual(messages);
			}
		)
	);
});

test('[N-7] a message of several frames comes out whole, exactly at the limits too', () => {
	for (const size of [0, 1, MAX_FRAME - 1, MAX_FRAME, MAX_FRAME + 1, 3 * MAX_FRAME, LIMIT]) {
		const message = new Uint8Array(size).fill(7);
		expect(read(wire(message), [1000, 70_000]).messages).toEqual([message]);
	}
});

test('[N-8] T26: a message above the limit is refused by its length, before its bytes have come', () => {
	const tooLarge = wire(new Uint8Array(LIMIT + 1));
	const lastHead = tooLarge.length - 2;
	expect(() => read(tooLarge.subarray(0, lastHead + 1), [])).toThrow(/more than 1048576 bytes/);
	expect(() => read(new Uint8Array([0x81, 0x80, 0x04, 0]), [])).toThrow(ProtocolError);
	expect(() => read(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff]), [])).toThrow(/its length is too long/);
});

test('[N-8] T26: a message of endless small parts is refused', () => {
	expect(() => read(encodeFrame(FRAME_MORE, new Uint8Array(0)), [])).toThrow(/not full/);
	expect(() => read(encodeFrame(FRAME_MORE, new Uint8Array(100)), [])).toThrow(/not full/);
});

test('[N-7] a length has one form only', () => {
	expect(() => read(new Uint8Array([0x80, 0x00, 0]), [])).toThrow(/not minimal/);
});

/** Two ends of a stream; what is sent is at the other side at once. */
function stream(): ByteStream & { sent: Uint8Array[]; arrive(bytes: Uint8Array): void; aborted: Error | undefined } {
	const target = new EventTarget();
	const self = {
		sent: [] as Uint8Array[],
		status: 'open',
		writableNeedsDrain: false,
		aborted: undefined as Error | undefined,
		send(data: Uint8Array) {
			self.sent.push(data);
			return true;
		},
		close: () => Promise.resolve(),
		abort(error: Error) {
			self.status = 'aborted';
			self.aborted = error;
			target.dispatchEvent(Object.assign(new Event('close'), { error }));
		},
		arrive(data: Uint8Array) {
			target.dispatchEvent(Object.assign(new Event('message'), { data }));
		},
		addEventListener: target.addEventListener.bind(target),
		removeEventListener: target.removeEventListener.bind(target)
	};
	return self;
}

test('[N-9] T27: one byte now and then does not keep a message open for ever', async () => {
	const timers = new VirtualTime();
	const bytes = stream();
	const framed = new FramedStream(bytes, { timers, maxMessage: LIMIT });
	const message = wire(new Uint8Array(1000));
	for (let at = 0; at < 40 && !bytes.aborted; at++) {
		bytes.arrive(message.subarray(at, at + 1));
		await timers.advance(1000);
	}
	expect(bytes.aborted?.message).toBe('a message without an end');
	expect((await framed.closed)?.message).toBe('a message without an end');
});

test('[N-9] a stream on which nothing is heard for fifteen seconds is over; an answer keeps it', async () => {
	const timers = new VirtualTime();
	const [silent, answering] = [stream(), stream()];
	for (const one of [silent, answering]) {
		new FramedStream(one, { timers, maxMessage: LIMIT, heartbeat: { interval: 5000, dead: 15_000 } });
	}
	for (let second = 0; second < 60; second++) {
		await timers.advance(1000);
		const asked = answering.sent.splice(0).some((frame) => frame[1] === FRAME_PING);
		if (asked) answering.arrive(encodeFrame(FRAME_PONG));
	}
	expect(silent.aborted?.message).toBe('nothing was heard for too long');
	expect(answering.aborted).toBeUndefined();
});

test('[N-9] whoever asks is answered at once', () => {
	const bytes = stream();
	new FramedStream(bytes, { timers: new VirtualTime(), maxMessage: LIMIT });
	bytes.arrive(encodeFrame(FRAME_PING));
	expect(bytes.sent).toEqual([encodeFrame(FRAME_PONG)]);
});

test('[N-8] T26: what many streams hold together is bounded, and given back when they end', () => {
	const timers = new VirtualTime();
	const budget = new MemoryBudget(3 * MAX_FRAME);
	const streams = Array.from({ length: 10 }, stream);
	for (const one of streams) new FramedStream(one, { timers, maxMessage: LIMIT, budget });
	const part = encodeFrame(FRAME_MORE, new Uint8Array(MAX_FRAME));
	for (const one of streams) one.arrive(part);
	expect(streams.filter(({ aborted }) => aborted)).toHaveLength(7);
	expect(budget.used).toBe(3 * MAX_FRAME);
	for (const one of streams) if (!one.aborted) one.abort(new Error('over'));
	expect(budget.used).toBe(0);
});

test('[N-8] T26: messages that the handler does not come to are bounded', async () => {
	const bytes = stream();
	const framed = new FramedStream(bytes, { timers: new VirtualTime(), maxMessage: 1000, maxQueued: 5000 });
	framed.onMessage(() => new Promise(() => {}));
	for (let count = 0; count < 10; count++) bytes.arrive(wire(new Uint8Array(1000)));
	expect((await framed.closed)?.message).toMatch(/more than the receiver agreed to hold/);
});
