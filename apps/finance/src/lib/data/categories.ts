/** Categories and their groups. */

import type { Platform } from '@slf/platform';
import { list, type Query, type RowRef, type Undo } from './query.ts';
import { setColumns } from './rows.ts';

export type CategoryKind = 'income' | 'expense';

export interface CategoryRow extends RowRef {
	name: string | null;
	kind: string | null;
	group_id: string | null;
	sort: string | null;
	archived_at: number | null;
}

export interface GroupRow extends RowRef {
	name: string | null;
	sort: string | null;
}

export function categories(scopes: readonly string[]): Query<CategoryRow> {
	return {
		name: 'categories',
		sql: `SELECT scope_id, id, name, kind, group_id, sort, archived_at FROM categories
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL ORDER BY sort, id, scope_id`,
		params: [list(scopes)]
	};
}

export function categoryGroups(scopes: readonly string[]): Query<GroupRow> {
	return {
		name: 'category-groups',
		sql: `SELECT scope_id, id, name, sort FROM category_groups
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL ORDER BY sort, id, scope_id`,
		params: [list(scopes)]
	};
}

export interface NewCategory {
	name: string;
	kind: CategoryKind;
	group?: string | null;
	sort?: string | null;
}

export async function createCategory(platform: Platform, scope: string, category: NewCategory): Promise<RowRef> {
	const { name, kind, group = null, sort = null } = category;
	const id = platform.id();
	await platform.exec('INSERT INTO categories (scope_id, id, name, kind, group_id, sort) VALUES (?, ?, ?, ?, ?, ?)', [
		scope,
		id,
		name,
		kind,
		group,
		sort
	]);
	return { scope_id: scope, id };
}

export interface CategoryChange {
	name?: string;
	kind?: CategoryKind;
	group_id?: string | null;
	sort?: string | null;
	/** Archived: no longer offered, still counted. */
	archived_at?: number | null;
	/** Deleted: its transactions keep pointing at it, and show as uncategorised. */
	deleted_at?: number | null;
}

export function changeCategory(platform: Platform, category: RowRef, change: CategoryChange): Promise<Undo> {
	return setColumns(platform, 'categories', category, { ...change });
}

export async function createGroup(
	platform: Platform,
	scope: string,
	name: string,
	sort: string | null = null
): Promise<RowRef> {
	const id = platform.id();
	await platform.exec('INSERT INTO category_groups (scope_id, id, name, sort) VALUES (?, ?, ?, ?)', [
		scope,
		id,
		name,
		sort
	]);
	return { scope_id: scope, id };
}

export function changeGroup(
	platform: Platform,
	group: RowRef,
	change: { name?: string; sort?: string | null; deleted_at?: number | null }
): Promise<Undo> {
	return setColumns(platform, 'category_groups', group, { ...change });
}

export interface StarterCategory {
	/** The same on every device, in every language: the row's id is `s:` and this. */
	key: string;
	name: string;
	kind: CategoryKind;
	/** Key of a group. */
	group?: string;
}

/**
 * The first categories of a ledger, in one transaction. Two devices that both make them have them once; what is there
 * already, renamed or deleted, is left alone.
 */
export async function addStarterCategories(
	platform: Platform,
	scope: string,
	groups: readonly { key: string; name: string }[],
	starters: readonly StarterCategory[]
): Promise<void> {
	const row = (key: string) => `s:${key}`;
	const place = (index: number) => `a${String(index).padStart(3, '0')}`;
	await platform.batch([
		{
			sql: `INSERT INTO category_groups (scope_id, id, name, sort)
				SELECT ?1, value ->> '$[0]', value ->> '$[1]', value ->> '$[2]' FROM json_each(?2)
				WHERE NOT EXISTS (SELECT 1 FROM category_groups g WHERE g.scope_id = ?1 AND g.id = value ->> '$[0]')`,
			params: [scope, list(groups.map(({ key, name }, index) => [row(key), name, place(index)]))]
		},
		{
			sql: `INSERT INTO categories (scope_id, id, name, kind, group_id, sort)
				SELECT ?1, value ->> '$[0]', value ->> '$[1]', value ->> '$[2]', value ->> '$[3]', value ->> '$[4]'
				FROM json_each(?2)
				WHERE NOT EXISTS (SELECT 1 FROM categories c WHERE c.scope_id = ?1 AND c.id = value ->> '$[0]')`,
			params: [
				scope,
				list(
					starters.map(({ key, name, kind, group }, index) => [
						row(key),
						name,
						kind,
						group === undefined ? null : row(group),
						place(index)
					])
				)
			]
		}
	]);
}
