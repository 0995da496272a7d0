import { runStandalone } from '@slf/host';
import { startRelay } from './index.ts';

await runStandalone('relay', startRelay);
