// What a browser holds in the heaps of a device's pages and workers, through the debugger: for what must be gone after a
// vault was locked. A snapshot has every string and object that can be reached; bytes of buffers and of wasm are not in
// it, nor what waits to be collected by another process.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from './devices.ts';

/** For a device whose heaps are looked at: `device('laptop', { args: debuggable })`. */
export const debuggable = ['--remote-debugging-port=0'];

interface Answer {
	id?: number;
	method?: string;
	sessionId?: string;
	params?: Record<string, unknown>;
	result?: Record<string, unknown>;
	error?: { message: string };
}

/** One connection to the browser's debugger, for all of its pages and workers. */
class Debugger {
	readonly #socket: WebSocket;
	readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
	readonly #listeners = new Set<(answer: Answer) => void>();
	#next = 1;

	private constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.onmessage = ({ data }) => {
			const answer = JSON.parse(String(data)) as Answer;
			if (answer.id === undefined) return this.#listeners.forEach((listener) => listener(answer));
			const waiting = this.#waiting.get(answer.id);
			this.#waiting.delete(answer.id);
			if (answer.error) waiting?.reject(new Error(answer.error.message));
			else waiting?.resolve(answer.result as never);
		};
	}

	static async of(device: Device): Promise<Debugger> {
		const path = join(device.profile, 'DevToolsActivePort');
		if (!existsSync(path)) throw new Error(`${device.name} was not started with \`debuggable\`.`);
		const [port, address] = readFileSync(path, 'utf8').split('\n');
		const socket = new WebSocket(`ws://127.0.0.1:${port}${address}`);
		await new Promise<void>((resolve, reject) => {
			socket.onopen = () => resolve();
			socket.onerror = () => reject(new Error('The debugger does not answer.'));
		});
		return new Debugger(socket);
	}

	send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
		const id = this.#next++;
		return new Promise((resolve, reject) => {
			this.#waiting.set(id, { resolve, reject });
			this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
		});
	}

	on(listener: (answer: Answer) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	close(): void {
		this.#socket.close();
	}
}

export interface HeapFinding {
	/** What the heap is of: `page http://...`, `worker slf lab`. */
	heap: string;
	needle: string;
}

/**
 * Which of `needles` stand in a heap of the device now, after a collection.
 *
 * @returns findings, and the names of the heaps that were looked at
 */
export async function scanHeaps(device: Device, needles: string[]): Promise<{ found: HeapFinding[]; heaps: string[] }> {
	const inspector = await Debugger.of(device);
	try {
		const found: HeapFinding[] = [];
		const heaps: string[] = [];
		for (const { sessionId, heap } of await attachAll(inspector)) {
			const text = await snapshot(inspector, sessionId).catch((error: Error) => {
				// A worker that ended since it was found: its heap is gone, and with it whatever it held.
				if (heap.startsWith('worker') && /Session with given id not found/.test(error.message)) return undefined;
				throw error;
			});
			if (text === undefined) continue;
			heaps.push(heap);
			for (const needle of needles) if (text.includes(needle)) found.push({ heap, needle });
		}
		return { found, heaps };
	} finally {
		inspector.close();
	}
}

/** A session for each page, and each worker below it. */
async function attachAll(inspector: Debugger): Promise<{ sessionId: string; heap: string }[]> {
	type Info = { targetId: string; type: string; url: string; title: string };
	const sessions: { sessionId: string; heap: string }[] = [];
	const stop = inspector.on(({ method, params }) => {
		if (method !== 'Target.attachedToTarget') return;
		const { sessionId, targetInfo } = params as { sessionId: string; targetInfo: Info };
		if (targetInfo.type !== 'worker') return;
		sessions.push({ sessionId, heap: `worker ${targetInfo.title || targetInfo.url}` });
	});
	const { targetInfos } = await inspector.send<{ targetInfos: Info[] }>('Target.getTargets');
	for (const { targetId, type, url } of targetInfos) {
		if (!/^(page|shared_worker|service_worker)$/.test(type) || !url.startsWith('http')) continue;
		const { sessionId } = await inspector.send<{ sessionId: string }>('Target.attachToTarget', {
			targetId,
			flatten: true
		});
		sessions.push({ sessionId, heap: `${type} ${url}` });
		// Its dedicated workers are announced while this call is answered.
		const options = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
		await inspector.send('Target.setAutoAttach', options, sessionId);
	}
	stop();
	return sessions;
}

async function snapshot(inspector: Debugger, sessionId: string): Promise<string> {
	const chunks: string[] = [];
	const stop = inspector.on((event) => {
		if (event.sessionId !== sessionId || event.method !== 'HeapProfiler.addHeapSnapshotChunk') return;
		chunks.push(String(event.params!.chunk));
	});
	await inspector.send('HeapProfiler.enable', {}, sessionId);
	await inspector.send('HeapProfiler.collectGarbage', {}, sessionId);
	await inspector.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false }, sessionId);
	await inspector.send('HeapProfiler.disable', {}, sessionId);
	stop();
	return chunks.join('');
}
