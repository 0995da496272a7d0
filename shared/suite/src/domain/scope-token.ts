/**
 * A scope in an address. Browsers write addresses to their history in clear, so not even the local name of a scope may
 * stand there: it is made from the name that a person gave. The person's own scope is `me`, another the first letters
 * of its true id.
 */

export interface ScopeName {
	/** Local name. */
	scope: string;
	/** True id, hex. */
	id: string;
	personal: boolean;
}

const OWN = 'me';
const LETTERS = 16;
/** A scope that is not known here (yet): a name that no scope has. */
const UNKNOWN = '?';

/** @param scope its local name */
export function scopeToken(scopes: readonly ScopeName[], scope: string): string {
	const known = scopes.find((s) => s.scope === scope);
	if (known === undefined) return UNKNOWN;
	return known.personal ? OWN : known.id.slice(0, LETTERS);
}

/** The local name that a token of an address stands for; `?` for none that is here. */
export function scopeOfToken(scopes: readonly ScopeName[], token: string): string {
	const found = token === OWN ? scopes.find((s) => s.personal) : scopes.find((s) => s.id.startsWith(token));
	return found && (token === OWN || token.length === LETTERS) ? found.scope : UNKNOWN;
}
