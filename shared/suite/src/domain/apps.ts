/**
 * Where the apps of the suite are. They share an origin and have a path each; Passwords has an origin of its own, the
 * host with `passwords.` before it, at whose root it stands.
 */

export interface AppLink {
	readonly id: string;
	readonly name: string;
	readonly href: string;
}

const names: Readonly<Record<string, string>> = {
	notes: 'Notes',
	health: 'Health',
	finance: 'Finance',
	passwords: 'Passwords'
};

const VAULT = 'passwords';

/**
 * @param apps the ids of those that the suite was built with, in the order in which they are shown
 * @param here the address of this page
 */
export function appLinks(apps: readonly string[], here: Pick<Location, 'protocol' | 'host'>): AppLink[] {
	const common = here.host.startsWith(`${VAULT}.`) ? here.host.slice(VAULT.length + 1) : here.host;
	// An address of numbers has no names below it.
	const hasVault = !/^(?:[0-9.]+|\[.*\])(?::[0-9]+)?$/.test(common);
	return apps
		.filter((id) => Object.hasOwn(names, id) && (id !== VAULT || hasVault))
		.map((id) => ({
			id,
			name: names[id]!,
			href: id === VAULT ? `${here.protocol}//${VAULT}.${common}/` : `${here.protocol}//${common}/${id}/`
		}));
}
