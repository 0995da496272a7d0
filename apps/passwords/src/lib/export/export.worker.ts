/** Writes other programs' files away from the page: sealing one takes a second. export/exporting.ts talks to it. */

import { writeExport, type FromExport, type ToExport } from './export-protocol.ts';

self.addEventListener('message', ({ data }: MessageEvent<ToExport>) => {
	writeExport(data).then(
		(exported) =>
			self.postMessage({ kind: 'exported', exported } satisfies FromExport, { transfer: [exported.bytes.buffer] }),
		() => self.postMessage({ kind: 'failed' } satisfies FromExport)
	);
});
