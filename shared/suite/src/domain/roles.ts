import type { Role } from '@slf/platform';

export function canWrite(role: Role | undefined): boolean {
	return role === 'OWNER' || role === 'EDITOR';
}

/** A role as a person reads it. */
export const roleNames: Readonly<Record<Role, string>> = {
	OWNER: 'Owner',
	EDITOR: 'Can write',
	VIEWER: 'Can read'
};
