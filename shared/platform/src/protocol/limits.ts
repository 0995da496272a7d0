/**
 * The most of everything that comes from outside. Whatever is larger is refused before it costs memory. Sizes are
 * bytes, counts are items.
 */
const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
	/** Content of one sealed record, before compression: the bound of the envelope. */
	content: 8 * MIB,
	/** One sealed data record: 8 MiB of content padded by at most 12 %, and its envelope. */
	ciphertext: 9 * MIB + 64 * KIB,
	/** One record as it travels: ciphertext, header, signature. */
	record: 9 * MIB + 128 * KIB,
	/** Content of one operation of the access log. */
	accessOp: 256 * KIB,
	header: 512,

	/** Growth of one batch, and therefore its most changes. */
	changes: 65_536,
	textUpdates: 4096,
	/** Batches that one transaction may become in one scope. */
	parts: 1024,
	textUpdate: 4 * MIB,
	/** One value of one cell. */
	value: 6 * MIB,
	rowId: 256,
	/** Names of tables, columns, kinds, apps. */
	identifier: 128,
	policies: 32,
	policy: 64 * KIB,

	/** Heads of the access log that an operation saw. */
	heads: 256,
	/** Chains in a frontier: the devices that ever wrote in a scope. */
	chains: 4096,
	/** Gaps in one chain. */
	ranges: 256,
	/** Epoch keys handed over in one grant. */
	epochKeys: 1024,

	/** Names that people give: a person, a device, a scope. */
	name: 256,
	/** An identity card: genesis and the records about devices. */
	card: 64 * KIB,
	identityRecords: 512,
	identityRecord: 4 * KIB,

	/** Messages of pairing and invitations. */
	handshake: 128 * KIB,
	/** What a paired device is given. */
	pairingGift: 4 * MIB,
	/** A file of the profile: wrap set, sealed secrets. */
	profileFile: 256 * KIB
} as const;

/** Sequence numbers, versions and times stay exact as JavaScript numbers. */
export const MOST_INTEGER = Number.MAX_SAFE_INTEGER;
