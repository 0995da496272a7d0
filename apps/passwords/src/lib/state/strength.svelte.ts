/** How strong a text is while it is typed: asked of the strength worker a moment after the last key. */

import type { Strength } from '#lib/domain/strength.ts';
import { scoreOf } from '#lib/strength/strength.ts';

const PAUSE = 150;

/** To be called while a component is made. `text` empty: nothing is asked, and there is nothing. */
export function strengthOf(text: () => string): { readonly current: Strength | undefined } {
	let current = $state.raw<Strength>();
	$effect(() => {
		const asked = text();
		if (asked === '') return void (current = undefined);
		let wanted = true;
		const timer = setTimeout(() => {
			// Where the worker cannot be started there is no bar, and nothing else is lost.
			void scoreOf(asked).then(
				(strength) => wanted && (current = strength),
				() => {}
			);
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
