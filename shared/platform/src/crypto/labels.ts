/**
 * Every label that separates one use of a key or hash from another. A label is its text and a zero byte; no key is
 * used under two labels, no label is the beginning of another (a test checks). A new use gets a new line here.
 */
export const LABELS = {
	// Derived from the 12 words.
	wordsRoot: 'slf/v1/words/root',
	rootSign: 'slf/v1/root/sign/g0',
	rootAgreement: 'slf/v1/root/kem/g0',
	rootWrap: 'slf/v1/root/wrap',
	rootAccountKey: 'slf/v1/root/account-key/g0',
	rootMailbox: 'slf/v1/root/mailbox-tag',
	rootVault: 'slf/v1/root/vault',

	// Derived from an account key.
	accountAgreement: 'slf/v1/account/kem/g0',
	accountDatabase: 'slf/v1/account/database',
	accountPersonalScope: 'slf/v1/account/personal-scope',

	// Derived from the random key of a vault, salted with its id: what the account's keys are to other apps.
	vaultAccount: 'slf/v1/vault/account',
	vaultPersonal: 'slf/v1/vault/personal',
	vaultAgreement: 'slf/v1/vault/kem',

	// Derived from the account key and a factor, salted with the vault's id: what wraps the key of a vault.
	vaultPassphrase: 'slf/v1/vault-wrap/passphrase',
	vaultWords: 'slf/v1/vault-wrap/words',
	vaultPasskey: 'slf/v1/vault-wrap/passkey',

	// Derived from a database key, salted with the database id.
	databasePages: 'slf/v1/database/pages',
	databaseMeta: 'slf/v1/database/meta',

	// Hashes that name things.
	identity: 'slf/v1/identity',
	personalScopeId: 'slf/v1/scope/user',
	scopeGenesis: 'slf/v1/scope/genesis',
	rowId: 'slf/v1/row-id',
	schema: 'slf/v1/schema',
	textClient: 'slf/v1/text-client',
	stateHash: 'slf/v1/state',

	// Derived from a scope's epoch key.
	epochTag: 'slf/v1/epoch/tag',
	epochKeyId: 'slf/v1/epoch/key-id',
	epochContent: 'slf/v1/epoch/content',
	epochEphemeral: 'slf/v1/epoch/ephemeral',
	epochSession: 'slf/v1/epoch/session',
	epochRendezvous: 'slf/v1/epoch/rendezvous',
	epochValue: 'slf/v1/scope/value',

	// Derived from a scope's rendezvous and session secrets.
	rendezvousTag: 'slf/v1/rendezvous/tag',
	rendezvousKey: 'slf/v1/rendezvous/key',
	sessionScope: 'slf/v1/session/scope',

	// Envelopes.
	sealRecord: 'slf/v1/seal/record',
	sealDatabaseKey: 'slf/v1/seal/database-key',
	sealProfile: 'slf/v1/seal/profile',
	sealWrapWords: 'slf/v1/seal/wrap/words',
	sealWrapDevice: 'slf/v1/seal/wrap/device',
	sealVaultKey: 'slf/v1/seal/vault-key',
	sealEpochKey: 'slf/v1/seal/epoch-key',
	sealValue: 'slf/v1/seal/value',
	sealPairing: 'slf/v1/seal/pairing',
	sealEphemeral: 'slf/v1/seal/ephemeral',
	sealFrame: 'slf/v1/seal/frame',
	sealRendezvous: 'slf/v1/seal/rendezvous',
	sealedBox: 'slf/v1/sealed-box',

	// Signatures.
	signRecord: 'slf/v1/sig/record',
	signIdentityRecord: 'slf/v1/sig/identity-record',
	signWrapSet: 'slf/v1/sig/wrap-set',
	signVaultEntry: 'slf/v1/sig/vault-entry',
	signVaultFile: 'slf/v1/sig/vault-file',
	signJoin: 'slf/v1/sig/join',
	signHello: 'slf/v1/sig/hello',
	signEphemeral: 'slf/v1/sig/ephemeral',
	signFrontier: 'slf/v1/sig/frontier',
	signRendezvous: 'slf/v1/sig/rendezvous',

	// The transport key of an installation, from the secret of its device.
	transportSeed: 'slf/v1/transport/seed',

	// Pairing and invitations.
	pairingTag: 'slf/v1/pair/tag',
	pairingKey: 'slf/v1/pair/key',
	pairingCheck: 'slf/v1/pair/check',
	invitationTag: 'slf/v1/invite/tag',
	invitationKey: 'slf/v1/invite/key',
	joiningTag: 'slf/v1/joining/tag',
	joiningKey: 'slf/v1/joining/key',
	meetingNote: 'slf/v1/meeting/note',
	handshakeMessage: 'slf/v1/handshake/message',
	handshakeCommitment: 'slf/v1/handshake/commitment',
	handshakeTranscript: 'slf/v1/handshake/transcript',
	handshakeEmojis: 'slf/v1/handshake/emojis',
	handshakeKey: 'slf/v1/handshake/key',
	handshakeRequest: 'slf/v1/handshake/request',
	handshakeReply: 'slf/v1/handshake/reply'
} as const;

export type Label = (typeof LABELS)[keyof typeof LABELS];
