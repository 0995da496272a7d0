import { defineConfig } from 'vite';
import { suiteApp } from '../../svelte.config.js';

export default defineConfig(() => suiteApp('home'));
