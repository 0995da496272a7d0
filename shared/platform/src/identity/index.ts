/** Who a person is, which devices are theirs, and the keys that follow. */
export { databaseKeyring } from './account-key.ts';
export { verifyCard, type IdentityCard } from './card.ts';
export { Newcomer } from './newcomer.ts';
export type { PersonKeys } from './person.ts';
export { isVaultDatabase, vaultDatabase, vaultPerson, type VaultKey } from './vault-key.ts';
export { Profile, type ProfileOptions } from './profile.ts';
export {
	memoryDeviceKey,
	memoryProfileStore,
	ProfileError,
	type DeviceKey,
	type ProfileStore
} from './profile-store.ts';
