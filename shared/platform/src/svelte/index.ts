/** `@slf/platform/svelte`: the platform as Svelte reads it. The only Svelte in this package. */

export { getPlatform, setPlatform } from './context.ts';
export { LiveQuery, liveQuery, type Query, type QuerySource } from './live-query.svelte.ts';
export { platformStatus, Pushed, StatusOf } from './status.svelte.ts';
