/** The apps of this suite, for a switcher, and the two origins that they live on. */

import { onPort, originsAt, type Origins } from '../protocol/origins.ts';

/** Another app of the suite, or this one. */
export interface AppLink {
	/** Its id: 'notes'. */
	readonly name: string;
	/** What people call it: 'Notes'. */
	readonly label: string;
	/** What it is for, in a few words. */
	readonly line: string;
	readonly href: string;
	/** This page belongs to it. */
	readonly here: boolean;
}

/** An app as the build knows it: its address as in the configuration. */
export type BuiltApp = Omit<AppLink, 'here'>;

/** The suite's and the vault's origin, as this page means them. */
export const suiteOrigins = (): Origins => originsAt(__SLF_ORIGINS__, location);

/** The apps that were built, in the order in which people see them. */
export const suiteApps = (): AppLink[] => appLinks(__SLF_APPS__, __SLF_ORIGINS__, location, __SLF_APP__);

export function appLinks(
	apps: readonly BuiltApp[],
	configured: Origins,
	here: Pick<Location, 'origin' | 'port'>,
	own: string
): AppLink[] {
	const { vault } = originsAt(configured, here);
	return apps.map(({ href, ...app }) => {
		const { origin, pathname } = new URL(onPort(href, here.port));
		// A page of the suite that was opened under another name of this machine (127.0.0.1) stays there.
		const isBeside = (origin === vault) === (here.origin === vault);
		return { ...app, href: isBeside ? pathname : origin + pathname, here: app.name === own };
	});
}
