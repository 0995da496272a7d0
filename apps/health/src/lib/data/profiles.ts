/**
 * Profiles and their scopes in the database (domain/profile.ts says how they hang together).
 *
 * Rows of `profiles`, `areas` and `preferences` count in the personal scope alone: `personal` is its local name.
 */

import { PlatformError, type Platform, type ScopeInfo } from '@slf/platform';
import type { Sensitivity } from '#lib/domain/metrics.ts';
import {
	bodiesOf,
	ME,
	writableScope,
	type AreaRow,
	type Body,
	type ProfileRow,
	type Relation
} from '#lib/domain/profile.ts';
import type { Query, Undo } from './query.ts';

export function allProfiles(personal: string): Query<ProfileRow> {
	return {
		name: 'profiles',
		sql: 'SELECT id, name, relation, birth, sex FROM profiles WHERE scope_id = ? AND deleted_at IS NULL ORDER BY id',
		params: [personal]
	};
}

export function allAreas(personal: string): Query<AreaRow> {
	return {
		name: 'areas',
		sql: 'SELECT id, profile_id, area FROM areas WHERE scope_id = ? ORDER BY id',
		params: [personal]
	};
}

/** What scopes say of whose body they are. */
export function allLabels(): Query<{ scope_id: string; name: string | null }> {
	return { name: 'labels', sql: "SELECT scope_id, name FROM labels WHERE id = 's:top' ORDER BY scope_id", params: [] };
}

/** Everything at once, for code that has no live queries. */
export async function readBodies(platform: Platform): Promise<Body[]> {
	const personal = await platform.scopes.personal();
	const ask = <R extends object>({ sql, params }: Query<R>) => platform.exec<R>(sql, params);
	const [profiles, areas, labels, scopes] = await Promise.all([
		ask(allProfiles(personal)),
		ask(allAreas(personal)),
		ask(allLabels()),
		platform.scopes.list()
	]);
	return bodiesOf({ profiles, areas, labels, scopes });
}

export interface ProfileDraft {
	readonly name: string;
	readonly relation: Relation;
	/** `1990-02-02`, or ''. */
	readonly birth: string;
	readonly sex: string;
}

export async function createProfile(platform: Platform, draft: ProfileDraft): Promise<string> {
	const id = draft.relation === ME ? ME : platform.id();
	await saveProfile(platform, id, draft, []);
	return id;
}

/** @param areas scopes whose members are to see the new name: one's own ones of this profile */
export async function saveProfile(
	platform: Platform,
	id: string,
	{ name, relation, birth, sex }: ProfileDraft,
	areas: readonly string[]
): Promise<void> {
	const personal = await platform.scopes.personal();
	await platform.transaction(async (tx) => {
		await tx.exec(
			`INSERT INTO profiles (scope_id, id, name, relation, birth, sex) VALUES (?, ?, ?, ?, ?, ?)
			 ON CONFLICT (scope_id, id) DO UPDATE SET name = excluded.name, relation = excluded.relation,
				birth = excluded.birth, sex = excluded.sex, deleted_at = NULL`,
			[personal, id, name, relation, birth === '' ? null : birth, sex === '' ? null : sex]
		);
		for (const scope of areas) await tx.exec(SET_LABEL, [scope, name]);
	});
}

const SET_LABEL = `INSERT INTO labels (scope_id, id, name) VALUES (?, 's:top', ?)
	ON CONFLICT (scope_id, id) DO UPDATE SET name = excluded.name WHERE name IS NOT excluded.name`;

/** The name by which members know whose body a scope is about. */
export async function setLabel(platform: Platform, scope: string, name: string): Promise<void> {
	await platform.exec(SET_LABEL, [scope, name]);
}

/** Takes a profile out of the list. Its scopes stay and show on their own; nothing that was measured is lost. */
export async function removeProfile(platform: Platform, id: string, now: number): Promise<Undo> {
	const personal = await platform.scopes.personal();
	const mark = (at: number | null) =>
		platform.exec('UPDATE profiles SET deleted_at = ? WHERE scope_id = ? AND id = ?', [at, personal, id]);
	await mark(now);
	return async () => void (await mark(null));
}

/**
 * Puts a scope under a profile of one's own; nobody else learns of it.
 *
 * @param area true id of the scope
 * @param profile null: under none
 */
export async function placeArea(platform: Platform, area: string, profile: string | null): Promise<Undo> {
	const personal = await platform.scopes.personal();
	const before = await platform.transaction(async (tx) => {
		const [row] = await tx.exec<{ profile_id: string | null }>(
			'SELECT profile_id FROM areas WHERE scope_id = ? AND area = ? ORDER BY id LIMIT 1',
			[personal, area]
		);
		if (row)
			await tx.exec('UPDATE areas SET profile_id = ? WHERE scope_id = ? AND area = ?', [profile, personal, area]);
		else
			await tx.exec('INSERT INTO areas (scope_id, id, profile_id, area) VALUES (?, ?, ?, ?)', [
				personal,
				platform.id(),
				profile,
				area
			]);
		return row?.profile_id ?? null;
	});
	return async () => void (await placeArea(platform, area, before));
}

const underWay = new WeakMap<Platform, Map<string, Promise<string>>>();

/**
 * The scope to write a sensitivity of a body into, made if there is none yet; its members see the name of the body.
 *
 * @throws PlatformError DENIED for what was received for reading and stands under no profile
 */
export async function scopeToWrite(
	platform: Platform,
	body: Pick<Body, 'id' | 'name' | 'areas'>,
	kind: Sensitivity
): Promise<string> {
	const known = writableScope(body as Body, kind);
	if (known !== undefined) return known;
	// Two commands at once must not make two scopes.
	const running = underWay.get(platform) ?? new Map<string, Promise<string>>();
	underWay.set(platform, running);
	const key = `${kind} ${body.id}`;
	const making = running.get(key) ?? make(platform, body, kind).finally(() => running.delete(key));
	running.set(key, making);
	return making;
}

async function make(platform: Platform, body: Pick<Body, 'id' | 'name'>, kind: Sensitivity): Promise<string> {
	const now = (await readBodies(platform)).find(({ id }) => id === body.id);
	const known = now && writableScope(now, kind);
	if (known !== undefined) return known;
	// Whoever's body that is, it is not known to be one of this person's profiles.
	if (body.id.startsWith('scope:'))
		throw new PlatformError(
			'DENIED',
			'What was shared for reading has to be put under a profile before one can add to it'
		);
	await platform.exec('INSERT OR IGNORE INTO making (profile_id, kind) VALUES (?, ?)', [body.id, kind]);
	const scope = await platform.scopes.create(kind, { name: body.name.slice(0, 100) });
	await settle(platform, body.id, kind, scope);
	return scope.scope;
}

async function settle(platform: Platform, profile: string, kind: Sensitivity, scope: ScopeInfo): Promise<void> {
	const personal = await platform.scopes.personal();
	const id = platform.id();
	await platform.transaction(async (tx) => {
		await tx.exec('INSERT INTO areas (scope_id, id, profile_id, area) VALUES (?, ?, ?, ?)', [
			personal,
			id,
			profile,
			scope.id
		]);
		await tx.exec('DELETE FROM making WHERE profile_id = ? AND kind = ?', [profile, kind]);
	});
}

/** Finishes what a crash cut off: a scope was made, and not yet put under its profile. Call at the start. */
export async function continueMaking(platform: Platform): Promise<void> {
	const pending = await platform.exec<{ profile_id: string; kind: Sensitivity }>('SELECT profile_id, kind FROM making');
	if (pending.length === 0) return;
	const personal = await platform.scopes.personal();
	const areas = await platform.exec<AreaRow>(allAreas(personal).sql, [personal]);
	const placed = new Set(areas.map(({ area }) => area));
	const free = (await platform.scopes.list()).filter(({ id, role }) => role === 'OWNER' && !placed.has(id));
	for (const { profile_id, kind } of pending) {
		const at = free.findIndex((scope) => scope.kind === kind);
		const [scope] = at < 0 ? [] : free.splice(at, 1);
		if (scope) await settle(platform, profile_id, kind, scope);
		else await platform.exec('DELETE FROM making WHERE profile_id = ? AND kind = ?', [profile_id, kind]);
	}
}

export function allPreferences(personal: string): Query<{ id: string; value: string | null }> {
	return {
		name: 'preferences',
		sql: 'SELECT id, value FROM preferences WHERE scope_id = ? ORDER BY id',
		params: [personal]
	};
}

/** For this person on all their devices: `unit:weight` is the unit that weights are shown in. */
export async function setPreference(platform: Platform, id: string, value: string | null): Promise<void> {
	const personal = await platform.scopes.personal();
	await platform.exec(
		`INSERT INTO preferences (scope_id, id, value) VALUES (?, ?, ?)
		 ON CONFLICT (scope_id, id) DO UPDATE SET value = excluded.value`,
		[personal, id, value]
	);
}
