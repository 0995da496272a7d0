/** Entry of the SharedWorker at /platform/switchboard.js: see client/switchboard.ts. */

import { Switchboard } from '../client/switchboard.ts';

const scope = self as unknown as SharedWorkerGlobalScope;
const switchboard = new Switchboard();
scope.onconnect = (event) => switchboard.connect(event.ports[0]!);
