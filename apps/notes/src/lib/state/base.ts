import { resolve } from '$app/paths';

/** Where the app is mounted, without a slash at the end: `/notes`. */
export const base = resolve('/').replace(/\/$/, '');
