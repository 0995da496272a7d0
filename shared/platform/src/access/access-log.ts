/**
 * The access log of one scope, evaluated: who is bound to which pseudonym, who holds which grant, what the policies say.
 *
 * It is a pure function of the set of operations. What an operation amounts to depends only on the operations that it
 * reaches by hash (its own chain, its heads, its grant), so an operation that came early waits, one that came twice
 * changes nothing, and no order of arrival shows in the result. An operation that has an outcome keeps it: in this
 * version nothing takes a right away (REVOKE, EPOCH, LEAVE are kept without effect), so the log only grows in effect.
 *
 * Rules applied here (SPEC, block A):
 *  R0  an operation follows its author's chain; everything but CREATE and JOIN needs an author bound by a JOIN
 *  R1  it cites a grant that is in force and belongs to the author's identity, and the grant's role allows it
 */
import type { AccessOperation, Hex, Refusal } from './operation.ts';
import type { Declaration } from './policy.ts';
import { compareRoles, mayGrant, type Role } from './roles.ts';

export interface Genesis {
	/** True id of the scope, which is also the name of the root grant. */
	scope: Hex;
	/**
	 * For a scope that is derived from its owner's identity instead of created, so that no CREATE stands in its log:
	 * whether this identity is the one.
	 */
	ownsDerived?: (identity: Hex) => boolean;
}

export interface Grant {
	hash: Hex;
	subject: Hex;
	role: Role;
}

export interface Binding {
	identity: Hex;
	device: Hex;
	/** The JOIN that made it. */
	join: Hex;
}

export interface Member {
	identity: Hex;
	role: Role;
}

export type Outcome =
	| { status: 'effective' }
	/** Well-formed, of a kind that has no effect in this version. */
	| { status: 'noted' }
	| { status: 'refused'; refusal: Refusal }
	/** Something that it names is not here yet. */
	| { status: 'waiting'; for: Hex };

const EFFECTIVE: Outcome = { status: 'effective' };
const NOTED: Outcome = { status: 'noted' };
const NO_GRANT = 'it does not cite a grant in force of its author';

export class AccessLog {
	readonly genesis: Genesis;
	readonly #operations = new Map<Hex, AccessOperation>();
	readonly #outcomes = new Map<Hex, Outcome>();
	/** Operations that wait, by the hash that they wait for. */
	readonly #waiting = new Map<Hex, Set<Hex>>();
	readonly #grants = new Map<Hex, Grant>();
	readonly #bindings = new Map<Hex, Binding>();
	/** Operations in force that none other names: what a writer cites as having seen. */
	readonly #heads = new Set<Hex>();
	readonly #named = new Set<Hex>();
	readonly #policyCache = new Map<string, Declaration | undefined>();

	constructor(genesis: Genesis) {
		this.genesis = genesis;
	}

	/** Adds an operation. Gives the hashes of all that got their outcome by it: itself, others that waited for it. */
	add(operation: AccessOperation): Hex[] {
		if (this.#operations.has(operation.hash)) return [];
		this.#operations.set(operation.hash, operation);
		const decided: Hex[] = [];
		const ready = [operation];
		for (let next = ready.pop(); next; next = ready.pop()) {
			const outcome = this.#judge(next);
			this.#outcomes.set(next.hash, outcome);
			if (outcome.status === 'waiting') {
				const queue = this.#waiting.get(outcome.for) ?? new Set();
				this.#waiting.set(outcome.for, queue.add(next.hash));
				continue;
			}
			decided.push(next.hash);
			if (outcome.status !== 'refused') this.#makeHead(next);
			// A CREATE also brings the root grant, which goes by the scope's id.
			for (const arrived of next.type === 'CREATE' ? [next.hash, this.genesis.scope] : [next.hash]) {
				for (const hash of this.#waiting.get(arrived) ?? []) ready.push(this.#operations.get(hash)!);
				this.#waiting.delete(arrived);
			}
		}
		return decided;
	}

	outcomeOf(hash: Hex): Outcome | undefined {
		return this.#outcomes.get(hash);
	}

	operation(hash: Hex): AccessOperation | undefined {
		return this.#operations.get(hash);
	}

	get size(): number {
		return this.#operations.size;
	}

	/** Whether an operation is here with everything that it names. */
	isSettled(hash: Hex): boolean {
		const outcome = this.#outcomes.get(hash);
		return outcome !== undefined && outcome.status !== 'waiting';
	}

	/** Heads to cite, sorted. What waits or was refused is never cited: others would have to wait for it in vain. */
	heads(): Hex[] {
		return [...this.#heads].sort();
	}

	bindingOf(pseudonym: Hex): Binding | undefined {
		return this.#bindings.get(pseudonym);
	}

	/** The grant of that hash, if it is in force. */
	grant(hash: Hex): Grant | undefined {
		return this.#grants.get(hash);
	}

	/** The strongest grant of a person (of equals the one with the lowest hash): the one to act under. */
	grantOf(identity: Hex): Grant | undefined {
		let best: Grant | undefined;
		for (const grant of this.#grants.values()) {
			if (grant.subject !== identity) continue;
			const order = best ? compareRoles(grant.role, best.role) || (grant.hash < best.hash ? -1 : 1) : -1;
			if (order < 0) best = grant;
		}
		return best;
	}

	roleOf(identity: Hex): Role | undefined {
		return this.grantOf(identity)?.role;
	}

	/** People with a grant in force, strongest role each, by identity. */
	members(): Member[] {
		const members = new Map<Hex, Member>();
		for (const { subject } of this.#grants.values()) {
			if (members.has(subject)) continue;
			members.set(subject, { identity: subject, role: this.roleOf(subject)! });
		}
		return [...members.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1));
	}

	/** Pseudonyms bound to devices, with their people. */
	bindings(): ReadonlyMap<Hex, Binding> {
		return this.#bindings;
	}

	/** Whether an owner has published the policy of that schema, by any operation that is here. */
	hasPolicy(schema: Hex): boolean {
		return this.policyAt(this.heads(), schema) !== undefined;
	}

	/** Schemas with a published policy, newest first by the owner's clock. */
	schemas(): Hex[] {
		const times = new Map<Hex, number>();
		for (const [hash, operation] of this.#operations) {
			if (this.#outcomes.get(hash)?.status !== 'effective') continue;
			for (const [schema] of publishedBy(operation)) {
				times.set(schema, Math.max(times.get(schema) ?? 0, operation.time));
			}
		}
		return [...times.keys()].sort((a, b) => times.get(b)! - times.get(a)! || (a < b ? -1 : 1));
	}

	/**
	 * The declaration of a schema as somebody saw it who had these heads: all that owners published for it, joined.
	 * Undefined when nothing was published. Throws nothing; the heads must be settled.
	 */
	policyAt(heads: readonly Hex[], schema: Hex): Declaration | undefined {
		const key = `${schema} ${heads.join(' ')}`;
		if (this.#policyCache.has(key)) return this.#policyCache.get(key);
		let joined: Declaration | undefined;
		for (const hash of [...this.#reachable(heads)].sort()) {
			if (this.#outcomes.get(hash)?.status !== 'effective') continue;
			for (const [published, declaration] of publishedBy(this.#operations.get(hash)!)) {
				if (published === schema) joined = joined ? join(joined, declaration) : declaration;
			}
		}
		if (this.#policyCache.size > 256) this.#policyCache.clear();
		this.#policyCache.set(key, joined);
		return joined;
	}

	#reachable(heads: readonly Hex[]): Set<Hex> {
		const seen = new Set<Hex>();
		const open = [...heads];
		for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
			const operation = this.#operations.get(hash);
			if (!operation || seen.has(hash)) continue;
			seen.add(hash);
			open.push(...this.#dependencies(operation));
		}
		return seen;
	}

	#makeHead(operation: AccessOperation): void {
		for (const hash of this.#dependencies(operation)) {
			this.#named.add(hash);
			this.#heads.delete(hash);
		}
		if (!this.#named.has(operation.hash)) this.#heads.add(operation.hash);
	}

	/** The operations that an operation names. The root grant is none: it comes with CREATE or by derivation. */
	#dependencies({ heads, prev, grant }: AccessOperation): Hex[] {
		const names = [...heads];
		if (prev !== undefined) names.push(prev);
		if (grant !== undefined && grant !== this.genesis.scope) names.push(grant);
		return names;
	}

	/** The outcome of an operation, given those of everything it names; registers what it brings into force. */
	#judge(operation: AccessOperation): Outcome {
		for (const hash of this.#dependencies(operation)) {
			if (!this.isSettled(hash)) return { status: 'waiting', for: hash };
		}
		const before = operation.prev === undefined ? undefined : this.#operations.get(operation.prev)!;
		if (before && (before.author !== operation.author || before.seq !== operation.seq - 1)) {
			return refused('R0', "it does not follow its author's chain");
		}
		if (operation.type === 'MALFORMED') return refused('R0', operation.reason);
		if (operation.type === 'CREATE') return this.#judgeCreate(operation);
		if (operation.type === 'JOIN') return this.#judgeJoin(operation);

		const binding = this.#bindingBefore(operation);
		if (!binding) return refused('R0', 'no JOIN binds its author to a device of a person');
		const isRoot = operation.grant === this.genesis.scope;
		const grant = operation.grant === undefined ? undefined : this.#grants.get(operation.grant);
		if (isRoot && !grant && !this.genesis.ownsDerived) return { status: 'waiting', for: this.genesis.scope };
		if (grant?.subject !== binding.identity) return refused('R1', NO_GRANT);
		if (operation.type === 'NOTED') return NOTED;
		if (operation.type === 'GRANT') {
			const { hash, subject, role } = operation;
			if (!mayGrant(grant.role, role)) return refused('R1', `${grant.role} may not grant ${role}`);
			this.#grants.set(hash, { hash, subject, role });
			return EFFECTIVE;
		}
		return grant.role === 'OWNER' ? EFFECTIVE : refused('R1', `${grant.role} may not set the policy`);
	}

	#judgeCreate({ owner }: AccessOperation & { type: 'CREATE' }): Outcome {
		if (this.genesis.ownsDerived) return refused('R0', 'a derived scope is not created');
		this.#grantRoot(owner);
		return EFFECTIVE;
	}

	/** A binding is a fact that the device certifies; it gives no right by itself and so needs no grant. */
	#judgeJoin(operation: AccessOperation & { type: 'JOIN' }): Outcome {
		if (this.#bindingBefore(operation)) return refused('R0', 'its author is bound already');
		const { identity, device, author, hash } = operation;
		if (this.genesis.ownsDerived?.(identity)) this.#grantRoot(identity);
		// A forked chain may hold two; the lower hash is the same choice everywhere.
		const other = this.#bindings.get(author);
		if (!other || hash < other.join) this.#bindings.set(author, { identity, device, join: hash });
		return EFFECTIVE;
	}

	#grantRoot(subject: Hex): void {
		const { scope } = this.genesis;
		this.#grants.set(scope, { hash: scope, subject, role: 'OWNER' });
	}

	/** The binding that holds at this place of the author's chain. */
	#bindingBefore(operation: AccessOperation): Binding | undefined {
		for (let hash = operation.prev; hash !== undefined;) {
			const earlier = this.#operations.get(hash)!;
			if (earlier.type === 'JOIN' && this.#outcomes.get(hash)?.status === 'effective') {
				const { identity, device } = earlier;
				return { identity, device, join: hash };
			}
			hash = earlier.prev;
		}
		return undefined;
	}
}

/** The access log of a set of operations, in whatever order they come. */
export function evaluate(genesis: Genesis, operations: Iterable<AccessOperation>): AccessLog {
	const log = new AccessLog(genesis);
	for (const operation of operations) log.add(operation);
	return log;
}

function publishedBy(operation: AccessOperation): readonly (readonly [Hex, Declaration])[] {
	if (operation.type === 'CREATE') return operation.policies;
	if (operation.type === 'POLICY') return [[operation.schema, operation.declaration]];
	return [];
}

/** Two declarations of one schema: the tables of both, and every right that either gives. */
function join(a: Declaration, b: Declaration): Declaration {
	const tables = new Map(a);
	for (const [name, table] of b) {
		const other = tables.get(name);
		if (!other) tables.set(name, table);
		else {
			const policy = new Map(other.policy);
			for (const [role, verbs] of table.policy) policy.set(role, new Set([...(policy.get(role) ?? []), ...verbs]));
			const columnPolicies = new Map(other.columnPolicies);
			for (const [column, own] of table.columnPolicies) {
				columnPolicies.set(column, new Map([...(columnPolicies.get(column) ?? []), ...own]));
			}
			tables.set(name, { ...other, policy, columnPolicies });
		}
	}
	return tables;
}

function refused(rule: Refusal['rule'], reason: string): Outcome {
	return { status: 'refused', refusal: { rule, reason } };
}
