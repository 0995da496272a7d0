import { resolve } from '$app/paths';

/** The apps that the suite was built with. */
declare const __SLF_APPS__: readonly string[];

export const suiteApps: readonly string[] = typeof __SLF_APPS__ === 'undefined' ? [] : __SLF_APPS__;

/** Where the app is mounted, without a slash at the end: `/notes`; empty at the root of an origin. */
// Kit types it by the routes of one app; each has this one.
export const base = (resolve as (path: string) => string)('/').replace(/\/$/, '');
