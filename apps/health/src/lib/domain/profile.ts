/**
 * Whose body, and where what is known of it lies.
 *
 * A person keeps profiles (themselves, a child, a parent). What is known of one lies in up to four scopes, one for each
 * sensitivity, made when first written to: each has its own key and members, so whoever is given one holds nothing of
 * the others. What ties the four together (rows of `profiles` and `areas`) lies in the personal scope alone, which is
 * never shared: inside a shared scope stands no profile, no name or id of another scope, and nothing that was derived
 * from one. What a member is shown is the label that the scope itself carries.
 *
 * Whoever receives a scope puts it under a profile of their own, or leaves it where it appears by its label. Where two
 * devices, apart from each other, made a scope for the same thing, both count: one reads all, and writes into the
 * first by the order below, which all devices of the person agree on.
 */

import { SENSITIVITIES, type Sensitivity } from './metrics.ts';

/** The profile of the person themselves has this id from the start, on every device. */
export const ME = 'me';

export const RELATIONS = ['me', 'child', 'parent', 'partner', 'other'] as const;
export type Relation = (typeof RELATIONS)[number];

export interface ProfileRow {
	readonly id: string;
	readonly name: string | null;
	readonly relation: string | null;
	/** `1990-02-02`. */
	readonly birth: string | null;
	readonly sex: string | null;
}

/** A row of `areas`. */
export interface AreaRow {
	readonly id: string;
	readonly profile_id: string | null;
	/** True id of the scope. */
	readonly area: string | null;
}

/** What `platform.scopes` says, as far as it matters here. */
export interface ScopeLike {
	readonly scope: string;
	readonly id: string;
	readonly kind: string;
	readonly name: string;
	readonly role: 'OWNER' | 'EDITOR' | 'VIEWER';
	readonly personal: boolean;
}

/** One scope with a sensitivity. */
export interface Area {
	readonly scope: string;
	readonly id: string;
	readonly kind: Sensitivity;
	readonly role: ScopeLike['role'];
	/** What members call whose body it is. */
	readonly label: string;
	readonly writable: boolean;
}

export interface Body {
	/** Id of the profile, or `scope:` and the scope's local name for one that was received and not placed. */
	readonly id: string;
	readonly name: string;
	readonly relation: Relation | 'received';
	readonly profile?: ProfileRow;
	/** In the order of writing: the first writable one of a kind is written to. */
	readonly areas: readonly Area[];
}

export interface ProfileState {
	readonly profiles: readonly ProfileRow[];
	readonly areas: readonly AreaRow[];
	readonly scopes: readonly ScopeLike[];
	/** Rows of `labels`: names that replaced those the scopes were made with. */
	readonly labels: readonly { readonly scope_id: string; readonly name: string | null }[];
}

/** The person first, then their other profiles by name, then what was received and not placed. */
export function bodiesOf({ profiles, areas, scopes, labels }: ProfileState): Body[] {
	const names = new Map(labels.map(({ scope_id, name }) => [scope_id, name]));
	const all = scopes.filter(isHealthScope).map((scope): Area => ({
		scope: scope.scope,
		id: scope.id,
		kind: scope.kind as Sensitivity,
		role: scope.role,
		label: names.get(scope.scope) ?? scope.name,
		writable: scope.role !== 'VIEWER'
	}));
	const known = new Set(profiles.map(({ id }) => id).concat(ME));
	const placed = new Map<string, string>();
	for (const { profile_id, area } of [...areas].sort(byId))
		if (profile_id !== null && area !== null && known.has(profile_id) && !placed.has(area))
			placed.set(area, profile_id);

	const me = profiles.find(({ id }) => id === ME);
	const rows = [
		me ?? { id: ME, name: null, relation: ME, birth: null, sex: null },
		...profiles.filter((row) => row !== me)
	];
	const own = rows.map((profile): Body => ({
		id: profile.id,
		name: profile.name ?? '',
		relation: profile.id === ME ? ME : relationOf(profile.relation),
		profile,
		areas: all.filter(({ id }) => placed.get(id) === profile.id).sort(byOwnThenId)
	}));
	const [self, ...others] = own;
	const received = all
		.filter(({ id }) => !placed.has(id))
		.map((area): Body => ({ id: `scope:${area.scope}`, name: area.label, relation: 'received', areas: [area] }));
	return [self!, ...others.sort(byName), ...received.sort(byName)];
}

export function isHealthScope({ kind, personal }: Pick<ScopeLike, 'kind' | 'personal'>): boolean {
	return !personal && (SENSITIVITIES as readonly string[]).includes(kind);
}

function relationOf(text: string | null): Relation {
	return RELATIONS.find((relation) => relation === text && relation !== ME) ?? 'other';
}

/** Local names of the scopes to read. */
export function scopesFor(body: Body, kind: Sensitivity): string[] {
	return body.areas.filter((area) => area.kind === kind).map(({ scope }) => scope);
}

/** The scope to write into; undefined where there is none yet, or none that one may write into. */
export function writableScope(body: Body, kind: Sensitivity): string | undefined {
	return body.areas.find((area) => area.kind === kind && area.writable)?.scope;
}

function byId(a: { id: string }, b: { id: string }): number {
	return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** One's own scopes before those of others; true ids are the same on every device. */
function byOwnThenId(a: Area, b: Area): number {
	return Number(b.role === 'OWNER') - Number(a.role === 'OWNER') || byId(a, b);
}

function byName(a: Body, b: Body): number {
	return a.name.localeCompare(b.name) || byId(a, b);
}
