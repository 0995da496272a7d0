/** Who a person is, which devices are theirs, and the keys that follow. */
export { checkWords, createWords, WORD_COUNT, type WordsCheck, type WordsProblem } from './words.ts';
export { rootFromWords, readGenesis, type Root } from './root.ts';
export {
	databaseKeyring,
	personAgreementKey,
	personalScope,
	personalScopeId,
	unwrapDatabaseKey,
	wrapDatabaseKey,
	type AccountKey,
	type PersonalScope
} from './account-key.ts';
export { mergeCards, verifyCard, type CardDevice, type CardProblem, type IdentityCard } from './card.ts';
export type { PersonKeys } from './person.ts';
export { Profile, type ProfileInfo, type ProfileOptions } from './profile.ts';
export {
	memoryDeviceKey,
	memoryProfileStore,
	ProfileError,
	type DeviceKey,
	type ProfileErrorCode,
	type ProfileStore
} from './profile-store.ts';
