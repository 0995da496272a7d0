import type { Timers } from '../../protocol/timers.ts';

/** The clock of the machine. */
export const systemTimers: Timers = {
	now: () => Date.now(),
	after(milliseconds, callback) {
		const timer = setTimeout(callback, milliseconds);
		return () => clearTimeout(timer);
	}
};
