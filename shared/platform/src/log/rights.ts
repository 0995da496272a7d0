/** What this device's person may do in a scope, asked before a write: by triggers, and by the sealing itself. */
import type { Grant } from '../access/access-log.ts';
import type { Hex, Refusal } from '../access/operation.ts';
import { allowsSome, type Declaration } from '../access/policy.ts';
import { denied, unknownScope, type GuardedVerb, type WriteDecision } from '../engine/guards.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { Scope } from './scope.ts';
import type { ScopeRegistry } from './scope-registry.ts';

/** Under what a person writes in a scope right now. */
export interface Standing {
	grant: Grant;
	/** Schema whose policy holds, hex, and that policy. */
	schema: Hex;
	declaration: Declaration;
}

export class Rights {
	readonly #scopes: ScopeRegistry;
	readonly #identity: Hex;
	readonly #schema: Hex;

	constructor(scopes: ScopeRegistry, identity: Hex, schema: Hex) {
		this.#scopes = scopes;
		this.#identity = identity;
		this.#schema = schema;
	}

	/** The scope of that local name. Throws DENIED with what to do. */
	scope(name: string): Scope {
		const scope = this.#scopes.byName(name);
		if (!scope) throw unknownScope({ scope: name });
		return scope;
	}

	/** Under what the person writes. Throws DENIED. */
	standing(scope: Scope): Standing {
		const grant = scope.access.grantOf(this.#identity);
		if (!grant)
			throw new PlatformError('DENIED', 'Nobody has given you a role in this scope (yet)', { scope: scope.row.name });
		const policy = this.policyIn(scope);
		if (!policy) {
			throw new PlatformError('DENIED', 'No owner of this scope has published its policy yet', {
				scope: scope.row.name
			});
		}
		return { grant, ...policy };
	}

	/**
	 * The policy to write under: that of this build's schema. Where an owner has not published it yet, the newest that
	 * was published; what that one does not know cannot be written until an owner's device was updated.
	 */
	policyIn({ access }: Scope): Omit<Standing, 'grant'> | undefined {
		const heads = access.heads();
		for (const schema of [this.#schema, ...access.schemas().slice(0, 1)]) {
			const declaration = access.policyAt(heads, schema);
			if (declaration) return { schema, declaration };
		}
		return undefined;
	}

	/** What the triggers ask before each row is written: whether the role may do `verb` to some column of the table. */
	decide(scopeName: string, table: string, verb: GuardedVerb): WriteDecision {
		const scope = this.#scopes.byName(scopeName);
		if (!scope) return { allowed: false, unknown: true };
		if (!scope.access.grantOf(this.#identity)) return { allowed: false, role: null };
		const { grant, declaration } = this.standing(scope);
		const declared = declaration.get(table);
		const allowed = declared !== undefined && allowsSome(declared, grant.role, verb);
		return allowed ? { allowed } : { allowed, role: grant.role };
	}

	/** The same for what does not pass a trigger. Throws DENIED. */
	check(scope: string, table: string, verb: GuardedVerb): void {
		const decision = this.decide(scope, table, verb);
		if (decision.allowed) return;
		throw 'unknown' in decision ? unknownScope({ scope, table }) : denied({ scope, table }, decision.role, verb);
	}
}

/** A verdict on an own batch as the app sees it: what others would refuse is refused here, before it is written. */
export function asPlatformError(refusal: Refusal, scope: string): PlatformError {
	const { rule, reason, table, column, role } = refusal;
	const code = rule === 'R1' ? 'DENIED' : reason.startsWith('not a value of type') ? 'TYPE' : 'REFUSED';
	return new PlatformError(code, column === undefined || rule === 'R1' ? reason : `"${table}"."${column}": ${reason}`, {
		scope,
		...(table === undefined ? {} : { table }),
		...(column === undefined ? {} : { column }),
		...(role === undefined ? {} : { role })
	});
}
