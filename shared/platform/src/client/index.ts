/** `@slf/platform`: what an app imports. */

export { createPlatform, type CreateOptions } from './create.ts';
export { watchForUpdates, type AppUpdate, type UpdateState } from './update.ts';
export { applyDiff } from './diff.ts';
export { answerVault, type VaultRequest } from './answer-vault.ts';
export { startWorker } from './script-url.ts';
export { suiteApps, type AppLink } from './suite-apps.ts';
export { PlatformError } from '../protocol/errors.ts';
export { contentId, makerOf, timeOfId } from '../protocol/row-id.ts';
export type * from './platform.ts';
