/** The clock as a port, so that simulations and tests run the same code under a clock of theirs. */
export interface Timers {
	/** Milliseconds since 1970. */
	now(): number;
	/** Calls back once after some milliseconds. Returns what calls it off. */
	after(milliseconds: number, callback: () => void): () => void;
}

/** Calls back again and again. Returns what ends it. */
export function every(timers: Timers, milliseconds: number, callback: () => void): () => void {
	let cancel = timers.after(milliseconds, tick);
	let ended = false;
	function tick(): void {
		callback();
		if (!ended) cancel = timers.after(milliseconds, tick);
	}
	return () => {
		ended = true;
		cancel();
	};
}
