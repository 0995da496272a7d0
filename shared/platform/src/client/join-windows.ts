/**
 * The two windows of a join (protocol/joining.ts): how the vault's page and the suite's find each other, and nobody
 * else. Neither listens longer than it must, and neither tells anything to whom it does not know.
 */

import { greeting, JOIN_SENTENCES, readGreeting, type JoinProblem } from '../protocol/joining.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { Origins } from '../protocol/origins.ts';

/** As much of a window as this needs. */
export interface JoinWindow {
	readonly opener: unknown;
	open(url: string, target: string, features: string): OpenedWindow | null;
	addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
	removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

export interface OpenedWindow {
	readonly closed: boolean;
	postMessage(message: unknown, targetOrigin: string, transfer?: Transferable[]): void;
	close(): void;
}

/** How long a window may take to say that it is there, in ms: it may have to start everything. */
const OPENING = 30_000;
/** How long the suite's page waits to be asked, in ms: the one that opened it is there already. */
const ASKING = 10_000;
/** How often is looked whether a window is closed, in ms: no event says so. */
const LOOK = 300;

const problem = (side: 'vault' | 'suite', code: JoinProblem): PlatformError =>
	new PlatformError(code, JOIN_SENTENCES[side][code]);

/** The suite's window as the vault's page holds it. */
export interface SuiteWindow {
	/** The vault's end, once the suite's page has the other. Rejects with a PlatformError. */
	readonly port: Promise<MessagePort>;
	/** Resolves when the window was closed by somebody else than `close`. */
	readonly closed: Promise<void>;
	close(): void;
}

/** Opens the suite's page. Only a click may: else the browser blocks it, and `port` says so. */
export function openSuite(own: JoinWindow, { suite }: Origins): SuiteWindow {
	const opened = own.open(`${suite}/link`, 'slf-link', 'popup,width=440,height=620');
	if (!opened) {
		const port = Promise.reject<MessagePort>(problem('vault', 'BLOCKED'));
		port.catch(() => {});
		return { port, closed: new Promise(() => {}), close: () => {} };
	}
	let stopLooking = (): void => {};
	const closed = new Promise<void>((resolve) => {
		const timer = setInterval(() => {
			if (!opened.closed) return;
			stopLooking();
			resolve();
		}, LOOK);
		stopLooking = () => clearInterval(timer);
	});
	let stopListening = (): void => {};
	const port = new Promise<MessagePort>((resolve, reject) => {
		const fail = (code: JoinProblem): void => {
			stopListening();
			reject(problem('vault', code));
		};
		const hear = ({ source, origin, data }: MessageEvent): void => {
			if (source !== opened || origin !== suite) return;
			const said = readGreeting(data);
			if (said === 'other-version') return fail('OTHER_VERSION');
			if (said !== 'ready') return;
			stopListening();
			const { port1, port2 } = new MessageChannel();
			opened.postMessage(greeting('port'), suite, [port2]);
			resolve(port1);
		};
		const silence = setTimeout(() => fail('SILENT'), OPENING);
		stopListening = () => {
			clearTimeout(silence);
			own.removeEventListener('message', hear);
		};
		own.addEventListener('message', hear);
		void closed.then(() => fail('CLOSED'));
	});
	port.catch(() => {});
	return {
		port,
		closed,
		close: () => {
			stopLooking();
			stopListening();
			opened.close();
		}
	};
}

/** The suite's page, opened by the vault's: its end of the port. Rejects with a PlatformError. */
export function meetOpener(own: JoinWindow, { vault }: Origins): Promise<MessagePort> {
	const opener = own.opener as Pick<OpenedWindow, 'postMessage'> | null;
	if (opener === null) return Promise.reject(problem('suite', 'STRANGER'));
	return new Promise((resolve, reject) => {
		const over = (): void => {
			clearTimeout(silence);
			own.removeEventListener('message', hear);
		};
		const fail = (code: JoinProblem): void => {
			over();
			reject(problem('suite', code));
		};
		const hear = ({ source, origin, data, ports }: MessageEvent): void => {
			if (source !== own.opener || origin !== vault) return;
			const said = readGreeting(data);
			if (said === 'other-version') return fail('OTHER_VERSION');
			const [port] = ports;
			if (said !== 'port' || port === undefined) return;
			over();
			resolve(port);
		};
		const silence = setTimeout(() => fail('SILENT'), ASKING);
		own.addEventListener('message', hear);
		// To nobody but the vault: a window that somebody else opened says nothing, not even that it is there.
		opener.postMessage(greeting('ready'), vault);
	});
}
