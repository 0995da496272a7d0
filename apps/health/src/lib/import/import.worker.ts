/** Reads files that are imported, apart from the page, which writes what comes of them (port.ts). */

import { serveImports, type ImportPort } from './port.ts';

serveImports(self as unknown as ImportPort);
