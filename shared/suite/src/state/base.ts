import { resolve } from '$app/paths';

/** Where the app is mounted, without a slash at the end: `/notes`; empty at the root of an origin. */
// Kit types it by the routes of one app; each has this one.
export const base = (resolve as (path: string) => string)('/').replace(/\/$/, '');
