/** Reads other programs' files away from the page: opening one may take seconds. import/importing.ts talks to it. */

import { answerImports } from './import-protocol.ts';

answerImports({
	onMessage: (listener) => self.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data)),
	post: (message, transfer) => self.postMessage(message, { transfer })
});
