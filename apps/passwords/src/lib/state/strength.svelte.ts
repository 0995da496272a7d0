/**
 * How strong secrets are, asked of the strength worker. Its dictionaries are large, so it is started when it is first
 * needed and ended when nobody has asked for a while; locking ends it at once, with what it was asked.
 */

import { startWorker } from '@slf/platform';
import { STRONG_ENOUGH, type Strength } from '#lib/domain/strength.ts';
import { Judging, type PasswordToJudge } from '#lib/strength/judging.ts';
import type { JudgedPassword } from '#lib/strength/judge.ts';
import workerUrl from '#lib/strength/strength.worker.ts?worker&url';

/** After the last key, before it is asked. */
const PAUSE = 150;
const IDLE = 30_000;

let judging: Judging | undefined;
let idle: ReturnType<typeof setTimeout> | undefined;

export function judge(passwords: readonly PasswordToJudge[]): Promise<JudgedPassword[]> {
	judging ??= new Judging(startWorker(workerUrl));
	clearTimeout(idle);
	idle = setTimeout(endJudging, IDLE);
	return judging.judge(passwords);
}

export function endJudging(): void {
	clearTimeout(idle);
	judging?.end();
	judging = undefined;
}

/** Whether a passphrase is strong enough for the vault: what zxcvbn calls safe against slow guessing offline. */
export async function isStrong(passphrase: string): Promise<boolean> {
	const [judged] = await judge([{ password: passphrase, context: [] }]);
	return judged !== undefined && judged.strength.score >= STRONG_ENOUGH;
}

/** Follows a text while it is typed. To be called while a component is made. Empty: nothing is asked. */
export function strengthOf(text: () => string): { readonly current: Strength | undefined } {
	let current = $state.raw<Strength>();
	$effect(() => {
		const asked = text();
		if (asked === '') return void (current = undefined);
		let wanted = true;
		const timer = setTimeout(() => {
			void judge([{ password: asked, context: [] }]).then(([judged]) => {
				if (wanted) current = judged?.strength;
			});
		}, PAUSE);
		return () => {
			wanted = false;
			clearTimeout(timer);
		};
	});
	return {
		get current() {
			return current;
		}
	};
}
