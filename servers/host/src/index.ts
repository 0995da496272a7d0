export type { HostOptions, HostedNode } from './node.ts';
export { DEFAULT_PATH, startNode } from './node.ts';
export { runStandalone } from './standalone.ts';
export type { Role, RoleOptions } from './standalone.ts';
export { systemTimers } from './timers.ts';
