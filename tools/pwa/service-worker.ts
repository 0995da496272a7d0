/// <reference lib="webworker" />
// The service worker of every app. tools/build.ts builds it once for each, with the list of that app's files.
import { appServiceWorker } from '@slf/platform/app-worker';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] };

const base = `${__SLF_BASE__}/`;
const files = self.__WB_MANIFEST.map(({ url }) => base + url).filter((path) => path !== `${base}index.html`);

appServiceWorker(self, { app: __SLF_APP__, version: __SLF_BUILD__, shell: base, pages: __SLF_PAGES__, files });
