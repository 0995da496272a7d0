/**
 * The hub of an installation that has no identity yet: it can enter the code that another device shows, and nothing
 * else. Everything else needs somebody: it is refused with NO_IDENTITY.
 */
import type { HubCalls, HubStreams } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { CallHandlers, StreamHandlers } from '../protocol/link.ts';
import { Attempts } from './attempts.ts';
import { enterCode, type EnterCodePorts } from './enter-code.ts';

const refuse = (): never => {
	throw new PlatformError('NO_IDENTITY', 'This installation belongs to nobody yet');
};

export class NewcomerHub {
	readonly #attempts: Attempts;
	readonly calls: CallHandlers<HubCalls>;
	/** All but `status`, which is the transport's. */
	readonly streams: Omit<StreamHandlers<HubStreams>, 'status'>;

	constructor(options: Omit<EnterCodePorts, 'attempts'>) {
		const attempts = new Attempts(options.timers, options.random);
		this.#attempts = attempts;
		this.calls = {
			invite: refuse,
			invitations: refuse,
			withdraw: refuse,
			accept: refuse,
			decline: refuse,
			join: refuse,
			offerPairing: refuse,
			cancelPairing: refuse,
			enterPairing: (args) => enterCode(args, { ...options, attempts }),
			cancelAttempt: ({ attempt }) => attempts.cancel(attempt)
		};
		this.streams = {
			requests: refuse,
			attempt: ({ attempt }, emit) => attempts.watch(attempt, emit),
			devices: refuse,
			people: refuse
		};
	}

	stop(): void {
		this.#attempts.stop();
	}
}
