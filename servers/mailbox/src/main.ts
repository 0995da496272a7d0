import { runStandalone } from '@slf/host';
import { startMailbox } from './index.ts';

await runStandalone('mailbox', startMailbox);
