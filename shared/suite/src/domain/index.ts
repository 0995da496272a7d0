/** `@slf/suite/domain`: what needs no screen. Pure, so that an app's domain and its tests may import it. */

export { colourOf } from './colour.ts';
export { csvRow, guarded, unguarded } from './csv-cells.ts';
export { commandFits } from './command-fits.ts';
export { age, ago, counted, longDate, shortDate } from './dates.ts';
export { findFolder, flattened, folderTree, withDescendants, type Folder, type FolderRow } from './folders.ts';
export {
	entryKey,
	folderEntries,
	possibleParents,
	TOP,
	within,
	type FolderEntry,
	type SharedFolders
} from './places.ts';
export { canWrite, roleNames } from './roles.ts';
export { scopeOfToken, scopeToken, type ScopeName } from './scope-token.ts';
export { isCommonScreen } from './common-screens.ts';
export type { AboutApp } from './words.ts';
