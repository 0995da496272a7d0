// The web app manifests, from one function. vite-plugin-pwa writes them beside each finished app.
import type { ManifestOptions } from 'vite-plugin-pwa';
import { baseOf } from './origins.ts';
import type { App } from './project.ts';

interface AppDescription {
	name: string;
	description: string;
	/** What the home page says in one line. */
	line: string;
	/** The accent (shared/product look: hue per app) and the light surface, as sRGB for manifests and icons. */
	accent: string;
	surface: string;
	shortcuts: { name: string; path: string }[];
}

export const descriptions: Record<App, AppDescription> = {
	notes: {
		name: 'Notes',
		description: 'Notes that live on your own devices: encrypted, offline, shared peer to peer.',
		line: 'Write, find, share a folder',
		accent: '#b26a00',
		surface: '#fbf9f5',
		shortcuts: [{ name: 'New note', path: 'new' }]
	},
	health: {
		name: 'Health',
		description: 'Measurements and medication that stay yours.',
		line: 'Measurements and medication',
		accent: '#c2413b',
		surface: '#fbf9f5',
		shortcuts: []
	},
	finance: {
		name: 'Finance',
		description: 'Accounts and budgets that stay yours.',
		line: 'Accounts and budgets',
		accent: '#1f7a4d',
		surface: '#fbf9f5',
		shortcuts: [{ name: 'New transaction', path: 'new' }]
	},
	passwords: {
		name: 'Passwords',
		description: 'Passwords and passkeys that stay yours.',
		line: 'Passwords and passkeys',
		accent: '#4650c4',
		surface: '#fbf9f5',
		shortcuts: []
	}
};

/** The manifest of one app, served from its base. */
export function manifestOf(app: App): Partial<ManifestOptions> {
	const { name, description, surface, shortcuts } = descriptions[app];
	const base = `${baseOf(app)}/`;
	const icons = `${base}icons/`;
	return {
		id: base,
		start_url: base,
		scope: base,
		name,
		short_name: name,
		description,
		lang: 'en',
		dir: 'ltr',
		display: 'standalone',
		background_color: surface,
		theme_color: surface,
		categories: ['productivity'],
		icons: [
			{ src: `${icons}192.png`, sizes: '192x192', type: 'image/png', purpose: 'any' },
			{ src: `${icons}512.png`, sizes: '512x512', type: 'image/png', purpose: 'any' },
			{ src: `${icons}icon.svg`, sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
			{ src: `${icons}maskable.png`, sizes: '512x512', type: 'image/png', purpose: 'maskable' },
			{ src: `${icons}monochrome.png`, sizes: '512x512', type: 'image/png', purpose: 'monochrome' }
		],
		shortcuts: shortcuts.map((shortcut) => ({
			name: shortcut.name,
			url: `${base}${shortcut.path}`,
			icons: [{ src: `${icons}192.png`, sizes: '192x192', type: 'image/png' }]
		})),
		launch_handler: { client_mode: ['navigate-existing', 'auto'] }
	};
}
