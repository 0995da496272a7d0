// The import worker of Passwords under Node: the same code behind another kind of port.
import { parentPort } from 'node:worker_threads';
import { answerImports } from '../../../../apps/passwords/src/lib/import/import-protocol.ts';

answerImports({
	onMessage: (listener) => parentPort!.on('message', listener),
	post: (message, transfer) => parentPort!.postMessage(message, transfer as ArrayBuffer[])
});
