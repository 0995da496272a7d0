// A page of the suite's origin that hands the real platform to a test: the same build, workers and storage as the apps,
// without an app's screens in between. It is built into a copy of the finished suite and never shipped.
import { applyDiff, createPlatform, type Platform, type TextHandle } from '@slf/platform';

const schema = `
CREATE TABLE entries (
  id       TEXT PRIMARY KEY,
  scope_id TEXT,
  value    LWW_INTEGER,
  label    LWW_TEXT,
  body     REALTIME_TEXT
);
SELECT crsql_as_crr('entries');
SELECT crsql_policy('entries', 'OWNER:RW, EDITOR:RW, VIEWER:R');
`;

export interface Lab {
	platform: Platform;
	/** The personal scope, for parameters. */
	scope: string;
	applyDiff: typeof applyDiff;
	/** Texts that a test opened, by id. */
	texts: Map<string, TextHandle>;
	/** Whatever a test wants to keep between two evaluations. */
	notes: Record<string, unknown>;
}

declare global {
	var lab: Lab;
}

const state = document.querySelector('#state')!;
try {
	const platform = await createPlatform({ app: 'lab', schema });
	const scope = await platform.scopes.personal();
	globalThis.lab = { platform, scope, applyDiff, texts: new Map(), notes: {} };
	platform.onStatus(({ engine, leader }) => (state.textContent = `${engine}${leader ? ' leader' : ''}`));
} catch (error) {
	state.textContent = `failed: ${error instanceof Error ? error.message : String(error)}`;
}
