/** What a person is shown of synchronisation: plain data, made anew each time. */
import { toHex } from '../crypto/bytes.ts';
import type { CourierProgress } from './courier.ts';
import type { PeerSession } from './session.ts';
import type { ChainCursor, SyncScope } from './store.ts';
import type { HomeNodeState } from './transport/transport.ts';

export interface PeerStatus {
	/** Device public key, hex. */
	device: string;
	deviceName: string;
	/** Identity, hex. */
	identity: string;
	personName: string;
	how: 'direct' | 'relayed' | 'memory';
	/** Milliseconds since 1970. */
	since: number;
	lastSeen: number;
	/** Scopes in common, by hex of their true id. */
	scopes: string[];
}

export interface ScopeStatus {
	/** Hex of the true id. */
	id: string;
	/** Database that holds it. */
	store: string;
	kind: string;
	/** Own records that neither the mailbox nor a connected peer has stored. */
	waiting: number;
	/** Places besides this device that have all own records: connected peers and the mailbox. */
	copies: number;
	/** Records that a connected peer has and that are not here (yet). */
	behind: number;
	/** Records that somebody of the scope has seen and that are not here: on their way, or held back by somebody. */
	withheld: number;
	/** The mailbox has dropped records before they were fetched here. */
	gap: boolean;
	/** A peer with the same records has other tables: one of the two is damaged. */
	mismatch: boolean;
	/** Records refused since the start. */
	refused: number;
	problem?: string;
}

export interface EngineStatus {
	homeNode: { state: HomeNodeState; since: number; reason?: string };
	peers: PeerStatus[];
	scopes: ScopeStatus[];
	/** Records refused in all scopes. */
	refused: number;
	/** Sessions that were ended because of what came over them. */
	faults: number;
	problem?: string;
}

/** What is known of a scope from its own database. */
export interface ScopeFacts {
	/** Own newest records. */
	head: ChainCursor;
	withheld: number;
}

/** Nothing for a peer that has not proven who it is. */
export function peerStatus(session: PeerSession): PeerStatus[] {
	const { peer, channel, since } = session;
	if (!peer) return [];
	return [
		{
			device: toHex(peer.device),
			deviceName: peer.deviceName,
			identity: toHex(peer.identity),
			personName: peer.personName,
			how: channel.how,
			since,
			lastSeen: channel.lastSeen,
			scopes: [...session.progress.keys()]
		}
	];
}

export function scopeStatus(from: {
	scope: SyncScope;
	store: string;
	/** Undefined while they are not known. */
	facts: ScopeFacts | undefined;
	courier: CourierProgress | undefined;
	sessions: PeerSession[];
}): ScopeStatus {
	const { scope, facts, courier, sessions } = from;
	const head = facts?.head;
	const progress = sessions.flatMap((session) => session.progress.get(scope.id) ?? []);
	const holders = sessions.filter((session) => head && holdsAll(session, scope, head)).length;
	const left = head ? head.access + head.data - sum(courier?.deposited) : 0;
	const onMailbox = left <= 0 && courier?.deposited !== undefined;
	return {
		id: scope.id,
		store: from.store,
		kind: scope.kind,
		waiting: holders > 0 ? 0 : Math.max(0, left),
		copies: holders + (onMailbox ? 1 : 0),
		behind: Math.max(0, ...progress.map(({ behind }) => behind)),
		withheld: facts?.withheld ?? 0,
		gap: courier?.gap ?? false,
		mismatch: progress.some(({ mismatch }) => mismatch),
		refused: (courier?.refused ?? 0) + progress.reduce((total, { refused }) => total + refused, 0),
		...(courier?.problem === undefined ? {} : { problem: courier.problem })
	};
}

function holdsAll(session: PeerSession, scope: SyncScope, head: ChainCursor): boolean {
	const has = (log: 'access' | 'data'): boolean =>
		head[log] === 0 || session.has(scope.id, log, scope.author, head[log]);
	return session.progress.has(scope.id) && has('access') && has('data');
}

function sum(cursor: ChainCursor | undefined): number {
	return cursor ? cursor.access + cursor.data : 0;
}
