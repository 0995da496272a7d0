/**
 * What a grant makes of a person in a scope.
 *
 * Three roles are in force: OWNER, EDITOR, VIEWER. The others are known by name, so that policies may already speak of
 * them and a grant of one is kept and relayed, but it has no effect yet.
 */
export const ROLES = ['OWNER', 'ADMIN', 'EDITOR', 'COMMENTER', 'VIEWER', 'WRITER', 'RELAY'] as const;
export type Role = (typeof ROLES)[number];

/** Roles that a grant may give today. */
export const ROLES_IN_FORCE: readonly Role[] = ['OWNER', 'EDITOR', 'VIEWER'];

/** R: read (for a whole scope), I: insert, U: update, D: delete. */
export type Verb = 'R' | 'I' | 'U' | 'D';
export const VERBS: readonly Verb[] = ['R', 'I', 'U', 'D'];

export function isRole(text: string): text is Role {
	return (ROLES as readonly string[]).includes(text);
}

/** Whether a holder of `role` may give `given` to somebody. Only an owner may, and may give any role. */
export function mayGrant(role: Role, given: Role): boolean {
	return role === 'OWNER' && ROLES_IN_FORCE.includes(given);
}

/** Negative when `a` is the stronger role. Of several grants of one person the strongest is the one to cite. */
export function compareRoles(a: Role, b: Role): number {
	return ROLES.indexOf(a) - ROLES.indexOf(b);
}
