// The same for a vault: a page of the vault's origin that hands its platform to a test, with no screens around it.
import { createPlatform, type VaultPlatform } from '@slf/platform';

const schema = `
CREATE TABLE items (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT, secret LWW_TEXT, notes REALTIME_TEXT);
SELECT crsql_as_crr('items');
SELECT crsql_policy('items', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE TABLE drafts (id TEXT PRIMARY KEY, words TEXT);
`;

export interface VaultLab {
	platform: VaultPlatform;
	/** What a live query of all items gives, as a screen would show it; undefined while it shows nothing. */
	shown: { title: string; secret: string }[] | undefined;
	/** Writes an item. */
	add(title: string, secret?: string): Promise<void>;
}

declare global {
	var vaultLab: VaultLab;
}

const state = document.querySelector('#state')!;
try {
	const platform = await createPlatform({ app: 'lab', schema, vault: true });
	const vaultLab: VaultLab = {
		platform,
		shown: undefined,
		add: async (title, secret = '') => {
			const scope = await platform.scopes.personal();
			const row = [platform.id(), scope, title, secret];
			await platform.exec('INSERT INTO items (id, scope_id, title, secret) VALUES (?, ?, ?, ?)', row);
		}
	};
	globalThis.vaultLab = vaultLab;
	void platform.live<{ title: string; secret: string }>(
		'items',
		'SELECT title, secret FROM items ORDER BY title',
		[],
		(rows) => {
			vaultLab.shown = [...rows];
			document.querySelector('#items')!.textContent = rows.map(({ title }) => title).join(', ');
		},
		() => {
			vaultLab.shown = undefined;
			document.querySelector('#items')!.textContent = '';
		}
	);
	const show = () => (state.textContent = `${platform.status().engine} ${platform.vault.status().state}`);
	platform.onStatus(show);
	platform.vault.watch(show);
} catch (error) {
	state.textContent = `failed: ${error instanceof Error ? error.message : String(error)}`;
}
