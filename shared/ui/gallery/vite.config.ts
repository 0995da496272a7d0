// Every component in every state, to look at: `vite shared/ui/gallery`. Not part of what people get.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
	root: import.meta.dirname,
	plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })]
});
