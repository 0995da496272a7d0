import type { Timers } from '@slf/platform/protocol';

/** The clock of the machine. A waiting timer does not keep the process alive. */
export const systemTimers: Timers = {
	now: () => Date.now(),
	after(milliseconds, callback) {
		const timer = setTimeout(callback, milliseconds).unref();
		return () => clearTimeout(timer);
	}
};
