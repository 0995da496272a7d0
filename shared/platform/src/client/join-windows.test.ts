/** The two windows of a join, with windows of our own that behave as browsers' do across origins. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { greeting, JOIN_SENTENCES } from '../protocol/joining.ts';
import { meetOpener, openSuite, type JoinWindow, type OpenedWindow } from './join-windows.ts';

const ORIGINS = { suite: 'http://localhost:4173', vault: 'http://passwords.localhost:4173' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A window: delivers what is posted to its origin alone, and says truly who posted it, as a browser does. */
class TestWindow {
	readonly origin: string;
	readonly heard: unknown[] = [];
	closed = false;
	opener: TestWindow | null = null;
	popup: TestWindow | null = null;
	readonly openings: string[] = [];
	readonly #listeners = new Set<(event: MessageEvent) => void>();

	constructor(origin: string) {
		this.origin = origin;
	}

	/** This window as `other` sees it: what it posts says that it comes from there. */
	seenBy(other: TestWindow): OpenedWindow {
		const { hear, origin } = this;
		const isClosed = () => this.closed;
		const close = () => (this.closed = true);
		const handle = {
			get closed() {
				return isClosed();
			},
			close,
			postMessage(data: unknown, target: string, transfer: Transferable[] = []) {
				if (target !== origin) return;
				hear({ data, origin: other.origin, source: handles.get(other), ports: transfer } as unknown as MessageEvent);
			}
		};
		return handle;
	}

	hear = (event: MessageEvent): void => {
		this.heard.push(event.data);
		for (const listener of [...this.#listeners]) listener(event);
	};

	get listeners(): number {
		return this.#listeners.size;
	}

	/** As join-windows.ts uses its own window; `handles` makes sources comparable. */
	asOwn(): JoinWindow {
		const { openings } = this;
		const opener = this.opener === null ? null : handleFor(this.opener, this);
		return {
			opener,
			open: (url) => {
				openings.push(url);
				return this.popup === null ? null : handleFor(this.popup, this);
			},
			addEventListener: (_type, listener) => void this.#listeners.add(listener),
			removeEventListener: (_type, listener) => void this.#listeners.delete(listener)
		};
	}
}

/** One handle for each window: browsers compare them by identity. */
const handles = new Map<TestWindow, OpenedWindow>();
function handleFor(window: TestWindow, seenBy: TestWindow): OpenedWindow {
	let handle = handles.get(window);
	if (!handle) handles.set(window, (handle = window.seenBy(seenBy)));
	return handle;
}
afterEach(() => handles.clear());

function pages() {
	const [vault, suite] = [new TestWindow(ORIGINS.vault), new TestWindow(ORIGINS.suite)];
	vault.popup = suite;
	suite.opener = vault;
	return { vault, suite };
}

const reasonOf = (promise: Promise<unknown>): Promise<string> =>
	promise.then(
		() => 'nothing went wrong',
		(error: Error) => error.message
	);

test('[K-5] the vault opens the suite at an address without anything in it, and one port goes over', async () => {
	const { vault, suite } = pages();
	const opened = openSuite(vault.asOwn(), ORIGINS);
	expect(vault.openings).toEqual([`${ORIGINS.suite}/link`]);
	const met = meetOpener(suite.asOwn(), ORIGINS);
	const [near, far] = await Promise.all([opened.port, met]);
	expect(near).toBeInstanceOf(MessagePort);
	expect(far).toBeInstanceOf(MessagePort);
	// Neither listens on.
	expect(vault.listeners).toBe(0);
	expect(suite.listeners).toBe(0);
	opened.close();
	expect(suite.closed).toBe(true);
	near.close();
	far.close();
});

test('[K-5] T76 a stranger that opened the suite’s page is told nothing, and its port is not taken', async () => {
	const suite = new TestWindow(ORIGINS.suite);
	for (const origin of ['http://evil.example', 'http://passwords.localhost:6666', ORIGINS.suite, 'null']) {
		const stranger = new TestWindow(origin);
		suite.opener = stranger;
		const reason = reasonOf(meetOpener(suite.asOwn(), ORIGINS));
		const { port1, port2 } = new MessageChannel();
		handleFor(suite, stranger).postMessage(greeting('port'), ORIGINS.suite, [port2]);
		await vi.advanceTimersByTimeAsync(10_000);
		expect(stranger.heard).toEqual([]);
		expect(await reason).toBe(JOIN_SENTENCES.suite.SILENT);
		port1.close();
		handles.clear();
	}
});

test('[K-5] the suite’s page that nobody opened says what it is for, at once', async () => {
	const suite = new TestWindow(ORIGINS.suite);
	expect(await reasonOf(meetOpener(suite.asOwn(), ORIGINS))).toBe(JOIN_SENTENCES.suite.STRANGER);
});

test('[K-5] the right origin from another window, and another origin from the right window, are not listened to', async () => {
	const { vault, suite } = pages();
	const met = meetOpener(suite.asOwn(), ORIGINS);
	const second = new TestWindow(ORIGINS.vault);
	const evil = new TestWindow('http://evil.example');
	const { port1, port2 } = new MessageChannel();
	const give = (source: unknown, origin: string) =>
		suite.hear({ data: greeting('port'), origin, source, ports: [port2] } as unknown as MessageEvent);
	give(handleFor(second, suite), ORIGINS.vault);
	give(handleFor(vault, suite), evil.origin);
	give(handleFor(vault, suite), 'null');
	const reason = reasonOf(met);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(await reason).toBe(JOIN_SENTENCES.suite.SILENT);
	port1.close();
});

test('[K-5] in the vault, too, only the suite’s own window is believed', async () => {
	const { vault, suite } = pages();
	const opened = openSuite(vault.asOwn(), ORIGINS);
	const stranger = new TestWindow(ORIGINS.suite);
	vault.hear({ data: greeting('ready'), origin: ORIGINS.suite, source: handleFor(stranger, vault) } as never);
	vault.hear({ data: greeting('ready'), origin: 'http://evil.example', source: handleFor(suite, vault) } as never);
	for (const data of ['ready', null, { slf: 'join', v: 1, type: 'give' }, { v: 1, type: 'ready' }, greeting('port')])
		vault.hear({ data, origin: ORIGINS.suite, source: handleFor(suite, vault) } as never);
	const reason = reasonOf(opened.port);
	expect(suite.heard.filter((data) => (data as { type?: string }).type === 'port')).toEqual([]);
	await vi.advanceTimersByTimeAsync(30_000);
	expect(await reason).toBe(JOIN_SENTENCES.vault.SILENT);
});

test('[K-6] a blocked window, one that was closed, a silent one and one of another version each say so', async () => {
	const blocked = new TestWindow(ORIGINS.vault);
	expect(await reasonOf(openSuite(blocked.asOwn(), ORIGINS).port)).toBe(JOIN_SENTENCES.vault.BLOCKED);

	const first = pages();
	const closed = openSuite(first.vault.asOwn(), ORIGINS);
	first.suite.closed = true;
	const whenClosed = reasonOf(closed.port);
	await vi.advanceTimersByTimeAsync(300);
	expect(await whenClosed).toBe(JOIN_SENTENCES.vault.CLOSED);
	handles.clear();

	const silent = openSuite(pages().vault.asOwn(), ORIGINS);
	const whenSilent = reasonOf(silent.port);
	await vi.advanceTimersByTimeAsync(30_000);
	expect(await whenSilent).toBe(JOIN_SENTENCES.vault.SILENT);
	silent.close();
	handles.clear();

	const other = pages();
	const newer = openSuite(other.vault.asOwn(), ORIGINS);
	const whenNewer = reasonOf(newer.port);
	const ready = { ...greeting('ready'), v: 2 };
	other.vault.hear({ data: ready, origin: ORIGINS.suite, source: handleFor(other.suite, other.vault) } as never);
	expect(await whenNewer).toBe(JOIN_SENTENCES.vault.OTHER_VERSION);
	newer.close();
});

test('[K-6] every way to fail has a sentence of its own for each side', () => {
	for (const sentences of Object.values(JOIN_SENTENCES)) {
		const all = Object.values(sentences);
		expect(new Set(all).size).toBeGreaterThanOrEqual(all.length - 1);
		for (const sentence of all) expect(sentence).toMatch(/^[A-Z].*\.$/);
	}
});
