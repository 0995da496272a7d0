/** `@slf/platform`: what an app imports. */

export { createPlatform, type CreateOptions } from './create.ts';
export { watchForUpdates, type AppUpdate, type UpdateState } from './update.ts';
export { applyDiff } from './diff.ts';
export { startWorker } from './script-url.ts';
export { PlatformError } from '../protocol/errors.ts';
export type * from './platform.ts';
