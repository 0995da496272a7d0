/** An attempt that runs in a worker (a code or a link that was entered, a join), as an app holds it. */

import type { AttemptEvent } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { stoppable } from './connection.ts';
import type { JoinAttempt } from './platform.ts';

/** Opens the stream of the attempt's events; `failed` is told when it cannot be kept open. */
type Watch = (
	receive: (event: AttemptEvent) => void,
	handlers: { failed: (error: PlatformError) => void }
) => Promise<() => void>;

export function attemptOf(begun: { id: string; emojis: string[] }, watch: Watch, cancel: () => void): JoinAttempt {
	let stop: () => void = () => {};
	const outcome = new Promise<Awaited<JoinAttempt['outcome']>>((resolve) => {
		const receive = (event: AttemptEvent) => {
			if (event.state === 'accepted') {
				resolve(event.scope === undefined ? { ok: true } : { ok: true, scope: event.scope });
			}
			if (event.state === 'failed') resolve({ ok: false, reason: event.reason });
		};
		const failed = (error: unknown) => resolve({ ok: false, reason: PlatformError.from(error).message });
		const opening = watch(receive, { failed });
		opening.catch(failed);
		stop = stoppable(opening);
	});
	void outcome.then(() => stop());
	return { id: begun.id, emojis: begun.emojis, outcome, cancel };
}
