import { expect, test } from 'vitest';
import { syncSummary } from './sync.ts';

const sync = { state: 'online', peers: 0, unsent: 0 } as const;

test.each([
	[{ engine: 'ready', sync }, 'synced'],
	[{ engine: 'ready', sync: { ...sync, unsent: 3 } }, 'waiting'],
	[{ engine: 'ready', sync: { ...sync, peers: 2 } }, 'synced'],
	[{ engine: 'ready', sync: { ...sync, state: 'off' as const } }, 'here'],
	[{ engine: 'ready', sync: { ...sync, state: 'offline' as const, unsent: 2 } }, 'offline'],
	[{ engine: 'failed', sync }, 'problem'],
	[{ engine: 'lost', sync }, 'waiting']
])('%j shows as %s', (status, state) => {
	expect(syncSummary(status).state).toBe(state);
});

test('being offline never reads as not saved', () => {
	const { label } = syncSummary({ engine: 'ready', sync: { state: 'offline', peers: 0, unsent: 4 } });
	expect(label).toBe('Saved here, 4 waiting');
});
