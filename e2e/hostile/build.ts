// Builds what an attacker runs on a device of their own: the suite's own engine worker, from its own sources, without
// the checks that keep a viewer from writing. Everything else in it is as it is, so it has real keys, joins by a real
// invitation and really sends. A list that no longer fits the sources makes the build fail: a story must not pass
// because the attack fell asleep.
import { cpSync, globSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { buildWorker, readBuild } from '../../tools/build.ts';
import { distFolder, Refusal } from '../../tools/project.ts';

/** One piece of source text that the attacker replaces. It has to stand in that file exactly once. */
export interface Tampering {
	/** Below shared/platform/src. */
	file: string;
	honest: string;
	hostile: string;
}

/** A viewer's engine that lets its owner write: the triggers, the sealing and what the screens are told. */
export const viewerWrites: Tampering[] = [
	{
		file: 'log/rights.ts',
		honest: 'const allowed = declared !== undefined && allowsSome(declared, grant.role, verb);',
		hostile: 'const allowed = true;'
	},
	{ file: 'log/sealer.ts', honest: 'if (refusal) throw asPlatformError(refusal, name);', hostile: '' },
	{
		file: 'log/replica.ts',
		honest: "const role = scope.access.roleOf(this.identity) as ScopeInfo['role'] | undefined;",
		hostile:
			"const role = scope.access.roleOf(this.identity) === 'VIEWER' ? 'EDITOR' : scope.access.roleOf(this.identity);"
	}
];

/** A viewer's engine that grants its own person OWNER in every folder, as soon as it is let in. */
export const viewerPromotesItself: Tampering[] = [
	{ file: 'log/scope-actions.ts', honest: "if (grant.role !== 'OWNER') {", hostile: 'if (false) {' },
	{
		file: 'log/scope-actions.ts',
		honest: "if (grant.role === 'OWNER' && !access.hasPolicy(",
		hostile:
			"if (grant.role === 'VIEWER' && !access.promoted) { access.promoted = true; this.grant(scope, this.#card, 'OWNER'); }\n" +
			"if (grant.role === 'OWNER' && !access.hasPolicy("
	}
];

/**
 * @param dist a finished build
 * @returns a folder for `suite.deploy`: the same build, as far as anybody can tell by its number; and what removes it
 */
export async function buildHostile(
	tamperings: Tampering[],
	dist = distFolder
): Promise<{ dist: string; remove(): void }> {
	const record = readBuild(dist);
	if (record === undefined) throw new Refusal(`${dist} holds no finished build: npm run build first.`);
	const copy = mkdtempSync(join(tmpdir(), 'slf-hostile-'));
	cpSync(dist, copy, { recursive: true });
	const engine = `engine.${record.build}.js`;
	// With its compressed forms, which the server would prefer.
	for (const file of globSync(`${engine}*`, { cwd: join(copy, 'platform') })) rmSync(join(copy, 'platform', file));
	const files = readdirSync(join(copy, 'platform')).filter((name) => /\.(js|wasm)$/.test(name));
	const wasm = files.find((name) => name.endsWith('.wasm'));
	const defines = {
		__SLF_BUILD__: record.build,
		__SLF_ORIGINS__: record.origins,
		__SLF_CRSQLITE__: `/platform/${wasm}`,
		__SLF_PLATFORM_FILES__: files.map((name) => `/platform/${name}`)
	};
	const left = new Set(tamperings);
	await buildWorker('src/worker/engine-main.ts', engine, copy, defines, [tamper(left)]);
	if (left.size > 0) {
		const missing = [...left].map(({ file, honest }) => `${file}: ${honest}`).join('\n');
		throw new Refusal(`The sources changed, and these parts of the attack no longer apply:\n${missing}`);
	}
	return { dist: copy, remove: () => rmSync(copy, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Takes what it replaced out of `left`. */
function tamper(left: Set<Tampering>): Plugin {
	return {
		name: 'slf-tamper',
		enforce: 'pre',
		transform(code, id) {
			const here = [...left].filter(({ file }) => id.endsWith(`/shared/platform/src/${file}`));
			if (here.length === 0) return;
			let result = code;
			for (const tampering of here) {
				const parts = result.split(tampering.honest);
				if (parts.length !== 2) continue;
				result = parts.join(tampering.hostile);
				left.delete(tampering);
			}
			return { code: result, map: null };
		}
	};
}
