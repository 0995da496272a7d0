/** Judges passwords away from the page. strength/judging.ts talks to it; ending it forgets what it was given. */

import { Judge } from './judge.ts';
import type { FromJudge, ToJudge } from './judging.ts';

const judge = new Judge();

self.addEventListener('message', ({ data }: MessageEvent<ToJudge>) => {
	void (async () => {
		const judged: FromJudge['judged'] = [];
		for (const { password, context } of data.passwords) judged.push(await judge.judge(password, context));
		self.postMessage({ call: data.call, judged } satisfies FromJudge);
	})();
});
