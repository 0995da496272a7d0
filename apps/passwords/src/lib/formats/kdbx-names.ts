/**
 * How an item is laid into a KDBX entry, for reading and for writing.
 *
 *     title, first address, notes    Title, URL, Notes
 *     username, password, totp       UserName, Password, otp (an otpauth address)
 *     further addresses              KP2A_URL, KP2A_URL_1, ... as KeePassXC and Keepass2Android have it
 *     everything else                a string named by its label
 *     folders, tags, attachments     groups, tags, binaries
 *     former values                  the entry's history: whole former entries, each as of its own time
 *
 * What KeePass has no place for (the type, slots, kinds, sections, favourite, match rules) stands in the entry's
 * custom data under `slf`, as JSON; other programs keep it and do not show it. Without it an entry is a login, or a
 * note when nothing but notes is in it.
 */

export const CUSTOM_DATA = 'slf';

/** What our custom data says. Read with care: other programs may have changed the entry since. */
export interface EntryNotes {
	type: string;
	favourite?: boolean;
	/** By the name of the string: its slot or null, its kind, its section. */
	fields: Record<string, { slot: string | null; kind: string; section?: string; label?: string }>;
	/** Match rules in the order of the addresses. */
	match?: (string | null)[];
}

export const STANDARD_STRINGS = ['Title', 'UserName', 'Password', 'URL', 'Notes'] as const;

/** The slots of a login that have a string of their own. */
export const loginStrings: Readonly<Record<string, string>> = {
	username: 'UserName',
	password: 'Password',
	notes: 'Notes',
	totp: 'otp'
};

/** KP2A_URL, KP2A_URL_1, and what AndroidApp entries of Keepass2Android look like. */
export const FURTHER_ADDRESS = /^(KP2A_URL(_\d+)?|AndroidApp\d*)$/;

export const furtherAddress = (index: number): string => (index === 0 ? 'KP2A_URL' : `KP2A_URL_${index}`);

export const PASSKEY_STRING = /^KPEX_PASSKEY_/;
