/**
 * The two origins of a suite, and the addresses of pages that people are sent to. Their names are the build's
 * (slf.config.json); a name without a port means the port of the page or worker that asks.
 */

export interface Origins {
	/** Home page and all apps but Passwords. */
	readonly suite: string;
	/** Passwords, and nothing else. */
	readonly vault: string;
}

/** An address of the configuration, as it is meant on `port` ('' for the scheme's own). */
export function onPort(address: string, port: string | number): string {
	const url = new URL(address);
	if (url.port === '') url.port = String(port);
	return url.href;
}

/** As they are meant at this location. */
export function originsAt(configured: Origins, { port }: { port: string }): Origins {
	const at = (address: string): string => new URL(onPort(address, port)).origin;
	return { suite: at(configured.suite), vault: at(configured.vault) };
}

/** Pages whose address is handed to another device, with a secret in its fragment. */
export interface PageAddresses {
	/** Where an invitation to a scope of an app is used. */
	invited: (app: string) => string;
	/** Where the code of a pairing is entered. */
	pair: string;
}

/** @param origin of the suite unless `isVault`: that has one app, at its root, and another use for `/join` */
export function pageAddresses(origin: string, isVault = false): PageAddresses {
	if (isVault) return { invited: () => `${origin}/invited`, pair: `${origin}/pair` };
	return { invited: (app) => `${origin}/${app}/join`, pair: `${origin}/notes/pair` };
}
