/** What the four apps share on screen. Colours and sizes: `tokens.css`; what every page starts from: `base.css`. */

export { default as Banner } from './components/Banner.svelte';
export { default as Button } from './components/Button.svelte';
export { default as Dialog } from './components/Dialog.svelte';
export { default as EmojiRow } from './components/EmojiRow.svelte';
export { default as EmptyState } from './components/EmptyState.svelte';
export { default as IconButton } from './components/IconButton.svelte';
export { default as Keys } from './components/Keys.svelte';
export { default as List } from './components/List.svelte';
export { default as Menu, type MenuItem } from './components/Menu.svelte';
export { default as Palette, type Command } from './components/Palette.svelte';
export { default as QrCode } from './components/QrCode.svelte';
export { default as RoleSelect } from './components/RoleSelect.svelte';
export { default as SearchField } from './components/SearchField.svelte';
export { default as Shell } from './components/Shell.svelte';
export { default as Stage } from './components/Stage.svelte';
export { default as SyncGlyph, type SyncGlyphState } from './components/SyncGlyph.svelte';
export { default as TextField } from './components/TextField.svelte';
export { default as Tooltip } from './components/Tooltip.svelte';
export { default as Waiting } from './components/Waiting.svelte';
export { theme, type Theme } from './theme.svelte.ts';
export { getToasts, Toasts } from './toasts.svelte.ts';
