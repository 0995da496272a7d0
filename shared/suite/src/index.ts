/**
 * `@slf/suite`: the screens that every app has, and what they share. README.md shows how an app is made of them. What
 * needs no screen: `@slf/suite/domain`.
 */

// How an app begins and what stands around its screens.
export { default as Opening } from './screens/Opening.svelte';
export { default as AppFrame } from './screens/AppFrame.svelte';
export { default as Rail } from './components/Rail.svelte';
export { default as RailHeading } from './components/RailHeading.svelte';
export { default as RailLink } from './components/RailLink.svelte';
export { default as BarItem } from './components/BarItem.svelte';
export { default as Commands, type Shortcut } from './components/Commands.svelte';

// A route each.
export { default as ErrorScreen } from './screens/ErrorScreen.svelte';
export { default as JoinScreen } from './screens/JoinScreen.svelte';
export { default as PairScreen } from './screens/PairScreen.svelte';
export { default as RestoreScreen } from './screens/RestoreScreen.svelte';
export { default as SettingsScreen } from './screens/SettingsScreen.svelte';
export { default as WordsScreen } from './screens/WordsScreen.svelte';

// What those are made of, for an app's own.
export { default as AppearanceSection } from './settings/AppearanceSection.svelte';
export { default as DevicesSection } from './settings/DevicesSection.svelte';
export { default as PeopleSection } from './settings/PeopleSection.svelte';
export { default as RefusalsSection } from './settings/RefusalsSection.svelte';
export { default as SyncSection } from './settings/SyncSection.svelte';
export { default as UnsecuredNote } from './settings/UnsecuredNote.svelte';
export { default as WordsSection } from './settings/WordsSection.svelte';
export { default as Confirm } from './components/Confirm.svelte';
export { default as NameDialog } from './components/NameDialog.svelte';
export { default as PickFolder } from './components/PickFolder.svelte';
export { default as Screen } from './components/Screen.svelte';
export { default as Section } from './components/Section.svelte';
export { default as ShareDialog } from './components/ShareDialog.svelte';
export { default as SyncLine } from './components/SyncLine.svelte';

export { base } from './state/base.ts';
export { clock } from './state/clock.svelte.ts';
export { getSuite, SuiteState, type Opened } from './state/suite.svelte.ts';
export type { AboutApp } from './domain/words.ts';
