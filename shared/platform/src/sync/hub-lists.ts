/** The person's devices and the people they know, as the panel shows them. */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { verifyCard } from '../identity/card.ts';
import type { Device, Person } from '../protocol/shapes.ts';
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

/** Devices of the card, this one first; named as the account says, where it says. */
export async function listDevices(account: HubAccount, tables: AccountTables, seen: LastSeen): Promise<Device[]> {
	const { card, device: self } = await account.self();
	const verified = verifyCard(card);
	if (!verified.ok) return [];
	const names = new Map((await tables.all('devices')).map((row) => [row.id, row.name]));
	const devices = [...verified.devices].map(([id, { name, runsOn }]): Device => {
		const isIt = (peer: PresentPeer): boolean => peer.device === id;
		const lastSeen = seen.at(isIt);
		return {
			id,
			name: names.get(id) ?? name,
			place: runsOn,
			self: id === self,
			online: id === self || seen.isOnline(isIt),
			...(lastSeen === undefined ? {} : { lastSeen })
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
