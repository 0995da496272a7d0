/**
 * Ways into the person's vaults, as the account database keeps them for all of their devices: rows of sealed, signed
 * entries (identity/vault-entry.ts). What counts is decided where they are read; this only carries them.
 */

import type { CallHandlers, StreamHandlers } from '../protocol/link.ts';
import type { OpenAccount } from './account-engine.ts';
import type { ShelfCalls, ShelfStreams } from './worker-calls.ts';

/**
 * @param account rejects with what is wrong with the account's database
 * @param self public key of this device in hex, and how many devices the person has
 */
export function vaultShelf(
	account: Promise<OpenAccount>,
	self: () => { device: string; devices: number }
): { calls: CallHandlers<ShelfCalls>; streams: StreamHandlers<ShelfStreams> } {
	const read = ({ replica }: OpenAccount, app: string) => {
		const { rows } = replica.run('SELECT entry FROM wraps WHERE app = ? AND entry IS NOT NULL ORDER BY id', [app]);
		const { device, devices } = self();
		const others = replica.run('SELECT count(*) FROM devices WHERE id <> ?', [device]).rows[0]![0];
		return { entries: rows.map(([entry]) => entry as Uint8Array), heard: devices < 2 || Number(others) > 0 };
	};
	return {
		calls: {
			putVaultEntry: async ({ app, id, entry }) => {
				const { host, replica } = await account;
				await host.turns.run(() => {
					replica.run(
						`INSERT INTO wraps (id, scope_id, app, entry) VALUES (?, ?, ?, ?)
							ON CONFLICT (scope_id, id) DO UPDATE SET entry = excluded.entry`,
						[id, replica.personalScope(), app, entry]
					);
				});
			}
		},
		streams: {
			vaultEntries: async ({ app }, emit) => {
				const open = await account;
				const look = () => void open.host.turns.run(() => emit(read(open, app))).catch(() => {});
				await open.host.turns.run(() => emit(read(open, app)));
				return open.replica.replica.onCommit(look);
			}
		}
	};
}
