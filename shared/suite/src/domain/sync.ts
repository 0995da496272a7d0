/** The state of engine and sync as one glyph and a few words. */

export interface StatusLike {
	engine: string;
	sync: {
		state: 'off' | 'connecting' | 'online' | 'offline';
		peers: number;
		unsent: number;
	};
}

export interface SyncSummary {
	state: 'here' | 'synced' | 'waiting' | 'offline' | 'problem';
	label: string;
}

export function syncSummary({ engine, sync }: StatusLike): SyncSummary {
	if (engine === 'failed' || engine === 'outdated') return { state: 'problem', label: 'Not working' };
	if (engine === 'lost' || engine === 'starting') return { state: 'waiting', label: 'Opening' };
	switch (sync.state) {
		case 'off':
			return { state: 'here', label: 'Saved here' };
		case 'connecting':
			return { state: 'waiting', label: 'Saved, connecting' };
		case 'offline':
			return {
				state: 'offline',
				label: sync.unsent > 0 ? `Saved here, ${sync.unsent} waiting` : 'Saved here, offline'
			};
		case 'online':
			if (sync.unsent > 0) return { state: 'waiting', label: `Saved here, ${sync.unsent} waiting` };
			return sync.peers > 0
				? {
						state: 'synced',
						label: `In sync, ${sync.peers} online`
					}
				: { state: 'synced', label: 'Saved and sent' };
	}
}
