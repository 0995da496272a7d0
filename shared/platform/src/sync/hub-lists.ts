/** The person's devices and the people they know, as the panel shows them. */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { verifyCard } from '../identity/card.ts';
import type { Device, Installation, Person } from '../protocol/shapes.ts';
import type { AccountTables } from './account-tables.ts';
import type { HubAccount, HubPresence, PresentPeer } from './hub-ports.ts';

/** When each device was last connected, as far as this start remembers. */
export class LastSeen {
	readonly #presence: HubPresence;
	readonly #byDevice = new Map<string, PresentPeer>();

	constructor(presence: HubPresence) {
		this.#presence = presence;
		this.note();
	}

	/** Remembers who is there now. */
	note(): void {
		for (const peer of this.#presence.peers()) this.#byDevice.set(peer.device, { ...peer });
	}

	isOnline(wanted: (peer: PresentPeer) => boolean): boolean {
		return this.#presence.peers().some(wanted);
	}

	at(wanted: (peer: PresentPeer) => boolean): number | undefined {
		this.note();
		const times = [...this.#byDevice.values()].filter(wanted).map(({ lastSeen }) => lastSeen);
		return times.length > 0 ? Math.max(...times) : undefined;
	}
}

/**
 * The person's machines by the card, this one first; named as the account says, where it says. Installations of one
 * place are one machine: it is called what the one that was there first is called.
 */
export async function listDevices(account: HubAccount, tables: AccountTables, seen: LastSeen): Promise<Device[]> {
	const { card, device: self } = await account.self();
	const verified = verifyCard(card);
	if (!verified.ok) return [];
	const names = new Map((await tables.all('devices')).map((row) => [row.id, row.name]));
	const places = Map.groupBy(verified.devices, ([, { place }]) => toHex(place));
	const devices = [...places].map(([id, members]): Device => {
		members.sort(([a, { addedAt: one }], [b, { addedAt: other }]) => one - other || compare(a, b));
		const installations = members.map(([key, { name, runsOn }]): Installation => {
			const isIt = (peer: PresentPeer): boolean => peer.device === key;
			const lastSeen = seen.at(isIt);
			return {
				id: key,
				name: names.get(key) ?? name,
				place: runsOn,
				self: key === self,
				online: key === self || seen.isOnline(isIt),
				...(lastSeen === undefined ? {} : { lastSeen })
			};
		});
		const { name, place } = installations[0]!;
		const times = installations.flatMap(({ lastSeen }) => lastSeen ?? []);
		return {
			id,
			name,
			place,
			self: installations.some((one) => one.self),
			online: installations.some((one) => one.online),
			...(times.length === 0 ? {} : { lastSeen: Math.max(...times) }),
			installations
		};
	});
	return devices.sort((a, b) => Number(b.self) - Number(a.self) || compare(a.name, b.name) || compare(a.id, b.id));
}

export async function listPeople(identity: Uint8Array, tables: AccountTables, seen: LastSeen): Promise<Person[]> {
	const people: Person[] = [];
	for (const { id, name, verified_at, card } of await tables.all('contacts')) {
		// The account is the person's own, but a row whose card is another's would show a wrong name.
		const verified = verifyCard(card);
		if (!verified.ok || toHex(verified.identity) !== id || equalBytes(verified.identity, identity)) continue;
		const isTheirs = (peer: PresentPeer): boolean => peer.identity === id;
		const lastSeen = seen.at(isTheirs);
		people.push({
			identity: id,
			name,
			online: seen.isOnline(isTheirs),
			verified: verified_at !== null,
			...(lastSeen === undefined ? {} : { lastSeen })
		});
	}
	return people.sort((a, b) => compare(a.name, b.name) || compare(a.identity, b.identity));
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
