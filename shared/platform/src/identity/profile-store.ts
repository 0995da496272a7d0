/** Where the profile lies, and where the key is that seals it on this device. Two ports with one contract suite. */

/** A few named files. `write` replaces a whole file or leaves the old one, whatever happens in between. */
export interface ProfileStore {
	/** `undefined` when there is none. Throws a ProfileError `DAMAGED` when there is one that cannot be read. */
	read(name: string): Promise<Uint8Array | undefined>;
	write(name: string, bytes: Uint8Array): Promise<void>;
}

/** The device's key-encrypting key: 32 bytes that never leave this installation. */
export interface DeviceKey {
	/** `undefined` when none was made, or it was lost. */
	load(): Promise<Uint8Array | undefined>;
	/** Makes one, in place of any former. */
	create(): Promise<Uint8Array>;
}

export type ProfileErrorCode =
	/** The file is there but cannot be read. Nothing was changed; the words can restore the identity. */
	| 'DAMAGED'
	/** The device's key is gone (site data partly cleared). Nothing was changed; the words can restore the identity. */
	| 'DEVICE_KEY_LOST'
	/** Written by a newer version of the suite. */
	| 'NEWER'
	/** This installation may not do that, such as add a device. */
	| 'NOT_ENTITLED'
	/** The rows of a former identity have not moved yet; replacing this one too would lose them. */
	| 'FORMER_WAITS';

export class ProfileError extends Error {
	readonly code: ProfileErrorCode;

	constructor(code: ProfileErrorCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'ProfileError';
		this.code = code;
	}
}

/** Profiles in memory, for simulations and for Node programs that keep nothing. */
export function memoryProfileStore(): ProfileStore {
	const files = new Map<string, Uint8Array>();
	return {
		read: (name) => Promise.resolve(files.get(name)?.slice()),
		write: (name, bytes) => {
			files.set(name, bytes.slice());
			return Promise.resolve();
		}
	};
}

export function memoryDeviceKey(random: (length: number) => Uint8Array): DeviceKey {
	let key: Uint8Array | undefined;
	return {
		load: () => Promise.resolve(key?.slice()),
		create: () => {
			key = random(32);
			return Promise.resolve(key.slice());
		}
	};
}
