// Constants that the build puts into the bundles (tools/build.ts, svelte.config.js). Under plain Node and vitest they
// do not exist: ask `typeof __SLF_BUILD__ === 'string'` first.

/** The build, a growing integer as text. In every bundle. */
declare const __SLF_BUILD__: string;
/** The app's id ('notes'). In the bundles of an app and of its service worker. */
declare const __SLF_APP__: string;
/** Where the app lives on its origin: '/notes', or '' at the root. In the bundles of an app and of its service worker. */
declare const __SLF_BASE__: string;
/** Addresses of the app that have an answer of their own, not the shell's. In the bundle of its service worker. */
declare const __SLF_PAGES__: string[];
/** The suite's and the vault's origin (slf.config.json); without a port: that of the page. In every bundle. */
declare const __SLF_ORIGINS__: { suite: string; vault: string };
/** The apps that are built, in the order in which people see them; `href` as in __SLF_ORIGINS__. In apps' bundles. */
declare const __SLF_APPS__: { name: string; label: string; line: string; href: string }[];
/** Address of the SQLite engine, `/platform/crsqlite-<hash>.wasm`. In every bundle. */
declare const __SLF_CRSQLITE__: string;
/** Addresses of all files of this build under `/platform/`. In the platform's service worker. */
declare const __SLF_PLATFORM_FILES__: string[];
/** The app's tables, `apps/<app>/src/lib/schema.sql`. In the bundles of an app. */
declare const __SLF_SCHEMA__: string;
