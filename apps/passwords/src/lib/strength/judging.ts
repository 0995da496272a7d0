/**
 * The page's half of strength.worker.ts.
 *
 *     const judging = new Judging(startWorker(url));
 *     const [judged] = await judging.judge([{ password, context: [title, username] }]);
 *     judging.end();      // at lock: what was asked is not answered any more
 */

import type { JudgedPassword } from './judge.ts';

export interface PasswordToJudge {
	password: string;
	/** What stands beside it, such as the user name: a password made of it is weak. */
	context: readonly string[];
}

export interface ToJudge {
	call: number;
	passwords: readonly PasswordToJudge[];
}

export interface FromJudge {
	call: number;
	judged: JudgedPassword[];
}

/** The part of a Worker that is used here. */
export interface JudgeWorker {
	postMessage(message: ToJudge): void;
	addEventListener(type: 'message', listener: (event: MessageEvent<FromJudge>) => void): void;
	terminate(): void;
}

export class Judging {
	readonly #worker: JudgeWorker;
	readonly #waiting = new Map<number, (judged: JudgedPassword[]) => void>();
	#call = 0;

	constructor(worker: JudgeWorker) {
		this.#worker = worker;
		worker.addEventListener('message', ({ data }) => {
			this.#waiting.get(data.call)?.(data.judged);
			this.#waiting.delete(data.call);
		});
	}

	/** In the order in which they were given. Never answered after `end`. */
	judge(passwords: readonly PasswordToJudge[]): Promise<JudgedPassword[]> {
		const call = ++this.#call;
		return new Promise((resolve) => {
			this.#waiting.set(call, resolve);
			this.#worker.postMessage({ call, passwords });
		});
	}

	end(): void {
		this.#waiting.clear();
		this.#worker.terminate();
	}
}
