import { runStandalone } from '@slf/host';
import { startHome } from './index.ts';

await runStandalone('home', startHome);
