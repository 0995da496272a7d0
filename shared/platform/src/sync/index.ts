/** Synchronisation between devices. Pairing and invitations stand beside it (pairing.ts, invitation.ts, hub.ts). */
export { SyncEngine, type SyncEngineInit } from './engine.ts';
export type { EngineStatus, PeerStatus, ScopeStatus } from './status.ts';
export type { ChainCursor, Received, StoreCommit, SyncScope, SyncStore } from './store.ts';
export type { SelfProof } from './handshake.ts';
export { Libp2pTransport, type Libp2pOptions } from './transport/libp2p.ts';
export { systemTimers } from './transport/system-timers.ts';
export type { Channel, Lane, Purpose, Transport, TransportStatus } from './transport/transport.ts';
