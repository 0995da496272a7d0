import { createContext } from 'svelte';
import type { Platform } from '../client/platform.ts';

/** The platform of this app's pages: set once in the root layout, read by every screen. */
export const [getPlatform, setPlatform] = createContext<Platform>();
