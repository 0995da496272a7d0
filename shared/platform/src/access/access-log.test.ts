import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AccessLog, evaluate, type Genesis } from './access-log.ts';
import type { AccessOperation, Hex } from './operation.ts';
import { parsePolicy, type Declaration } from './policy.ts';
import type { Role } from './roles.ts';

const SCOPE = 'scope';
const genesis: Genesis = { scope: SCOPE };

/** Builds operations of a scope as honest and as hostile devices would; hashes are readable names. */
class World {
	readonly operations: AccessOperation[] = [];
	readonly #chains = new Map<string, { seq: number; hash: Hex | undefined }>();

	add(author: string, content: Partial<AccessOperation> & Pick<AccessOperation, 'type'>): Hex {
		const chain = this.#chains.get(author) ?? { seq: 0, hash: undefined };
		const hash = `${author}/${chain.seq + 1}`;
		this.operations.push({
			hash,
			author,
			seq: chain.seq + 1,
			prev: chain.hash,
			grant: undefined,
			heads: [],
			time: this.operations.length,
			...content
		} as AccessOperation);
		this.#chains.set(author, { seq: chain.seq + 1, hash });
		return hash;
	}

	create(author: string, owner: string): Hex {
		return this.add(author, { type: 'CREATE', kind: 'doc', owner, policies: [] });
	}

	join(author: string, identity: string, heads: Hex[] = []): Hex {
		return this.add(author, { type: 'JOIN', identity, device: `${author}-device`, heads });
	}

	grant(author: string, grant: Hex, subject: string, role: Role, heads: Hex[] = []): Hex {
		return this.add(author, { type: 'GRANT', grant, subject, role, heads });
	}
}

/** Alice owns, Bob edits, Carol views, each with one device. */
function sharedScope() {
	const world = new World();
	world.create('a1', 'alice');
	const joined = world.join('a1', 'alice');
	const bob = world.grant('a1', SCOPE, 'bob', 'EDITOR', [joined]);
	const carol = world.grant('a1', SCOPE, 'carol', 'VIEWER', [bob]);
	world.join('b1', 'bob', [carol]);
	world.join('c1', 'carol', [carol]);
	return { world, bob, carol };
}

const reasonOf = (log: AccessLog, hash: Hex) => {
	const outcome = log.outcomeOf(hash)!;
	return outcome.status === 'refused' ? `${outcome.refusal.rule} ${outcome.refusal.reason}` : outcome.status;
};
const rolesOf = (log: AccessLog) => Object.fromEntries(log.members().map(({ identity, role }) => [identity, role]));

test('[A-10] an owner grants, and the granted hold their roles', () => {
	const { world } = sharedScope();
	const log = evaluate(genesis, world.operations);
	expect(rolesOf(log)).toEqual({ alice: 'OWNER', bob: 'EDITOR', carol: 'VIEWER' });
	expect(log.bindingOf('b1')).toMatchObject({ identity: 'bob', device: 'b1-device' });
});

test('T34 [A-11] neither a viewer nor an editor can promote itself or anybody', () => {
	const { world, bob, carol } = sharedScope();
	const attempts = [
		world.grant('b1', bob, 'bob', 'OWNER'),
		world.grant('b1', bob, 'mallory', 'VIEWER'),
		world.grant('c1', carol, 'carol', 'EDITOR')
	];
	// A grant that somebody gave to himself does not help him to the next one.
	attempts.push(world.grant('b1', attempts[0]!, 'bob', 'OWNER'));
	const log = evaluate(genesis, world.operations);
	for (const attempt of attempts) expect(reasonOf(log, attempt)).toMatch(/^R1/);
	expect(rolesOf(log)).toEqual({ alice: 'OWNER', bob: 'EDITOR', carol: 'VIEWER' });
});

test('T35 [A-11] nobody acts under the grant of another, the root grant included', () => {
	const { world, bob } = sharedScope();
	const attempts = [world.grant('b1', SCOPE, 'bob', 'OWNER'), world.grant('c1', bob, 'carol', 'EDITOR')];
	const log = evaluate(genesis, world.operations);
	for (const attempt of attempts) expect(reasonOf(log, attempt)).toMatch(/^R1/);
	expect(rolesOf(log)).toEqual({ alice: 'OWNER', bob: 'EDITOR', carol: 'VIEWER' });
});

test('[A-10] an author without a JOIN has no say, not even with the right grant', () => {
	const world = new World();
	world.create('a1', 'alice');
	const early = world.grant('a1', SCOPE, 'bob', 'EDITOR');
	world.join('a1', 'alice');
	const stranger = world.grant('x1', SCOPE, 'mallory', 'OWNER');
	const log = evaluate(genesis, world.operations);
	expect(reasonOf(log, early)).toMatch(/^R0/);
	expect(reasonOf(log, stranger)).toMatch(/^R0/);
});

test('[A-10] a pseudonym is bound once: a second JOIN does not make it another person', () => {
	const { world } = sharedScope();
	const second = world.join('b1', 'alice');
	const log = evaluate(genesis, world.operations);
	expect(reasonOf(log, second)).toMatch(/^R0/);
	expect(log.bindingOf('b1')!.identity).toBe('bob');
});

test('[A-12] a derived scope belongs to the identity it is derived from, without a CREATE', () => {
	const derived: Genesis = { scope: SCOPE, ownsDerived: (identity) => identity === 'alice' };
	const world = new World();
	world.join('a1', 'alice');
	world.grant('a1', SCOPE, 'bob', 'VIEWER');
	world.join('b1', 'bob');
	const claim = world.create('b1', 'bob');
	world.grant('b1', SCOPE, 'bob', 'OWNER');
	const log = evaluate(derived, world.operations);
	expect(rolesOf(log)).toEqual({ alice: 'OWNER', bob: 'VIEWER' });
	expect(reasonOf(log, claim)).toMatch(/^R0/);
});

test('[A-13] kinds that a later version brings are kept, and nothing waits because of them', () => {
	const { world, carol } = sharedScope();
	const revoke = world.add('a1', { type: 'NOTED', grant: SCOPE, heads: [carol] });
	world.grant('a1', SCOPE, 'dave', 'EDITOR', [revoke]);
	const log = evaluate(genesis, world.operations);
	expect(reasonOf(log, revoke)).toBe('noted');
	expect(rolesOf(log)).toMatchObject({ bob: 'EDITOR', dave: 'EDITOR' });
});

test('[A-14] what waits or was refused is never cited as a head', () => {
	const { world, bob } = sharedScope();
	const before = evaluate(genesis, world.operations).heads();
	world.grant('b1', bob, 'bob', 'OWNER', before);
	world.add('c1', { type: 'JOIN', identity: 'carol', device: 'x', heads: [...before, 'never seen'] });
	expect(evaluate(genesis, world.operations).heads()).toEqual(before);
});

const blocks = (text: string): Declaration =>
	new Map([['blocks', { name: 'blocks', columns: [], policy: parsePolicy(text), columnPolicies: new Map() }]]);

test('[A-15] only an owner sets a policy, and it holds from where it was seen', () => {
	const { world, bob, carol } = sharedScope();
	const policy = world.add('a1', {
		type: 'POLICY',
		grant: SCOPE,
		heads: [carol],
		schema: 'v1',
		declaration: blocks('OWNER:RW, EDITOR:R')
	});
	const forged = world.add('b1', {
		type: 'POLICY',
		grant: bob,
		heads: [policy],
		schema: 'v1',
		declaration: blocks('EDITOR:RW')
	});
	const log = evaluate(genesis, world.operations);
	expect(reasonOf(log, forged)).toMatch(/^R1/);
	expect(log.policyAt([carol], 'v1')).toBeUndefined();
	expect([...log.policyAt([policy], 'v1')!.get('blocks')!.policy.keys()]).toEqual(['OWNER', 'EDITOR']);
	expect(log.policyAt([policy, forged], 'v1')!.get('blocks')!.policy.get('EDITOR')!.has('U')).toBe(false);
	expect(log.policyAt(log.heads(), 'v2')).toBeUndefined();
});

function summary(log: AccessLog, operations: readonly AccessOperation[]): string {
	const outcomes = operations.map(({ hash }) => `${hash} ${reasonOf(log, hash)}`).sort();
	const bindings = [...log.bindings()].map(([author, { identity }]) => `${author}=${identity}`).sort();
	const policies = log.schemas().map((schema) => [...log.policyAt(log.heads(), schema)!.keys()]);
	return JSON.stringify([outcomes, log.members(), bindings, log.heads(), policies]);
}

function* permutations<T>(items: readonly T[]): Generator<T[]> {
	if (items.length === 0) yield [];
	for (let index = 0; index < items.length; index++) {
		const rest = [...items.slice(0, index), ...items.slice(index + 1)];
		for (const tail of permutations(rest)) yield [items[index]!, ...tail];
	}
}

test('T20 [A-16] every order of seven operations, forged ones among them, gives the same access', () => {
	const world = new World();
	world.create('a1', 'alice');
	world.join('a1', 'alice');
	const bob = world.grant('a1', SCOPE, 'bob', 'EDITOR');
	world.join('b1', 'bob');
	const forged = world.grant('b1', bob, 'bob', 'OWNER', [bob]);
	world.grant('b1', forged, 'mallory', 'OWNER');
	world.grant('a1', SCOPE, 'carol', 'VIEWER', [forged]);
	const expected = summary(evaluate(genesis, world.operations), world.operations);
	let orders = 0;
	for (const order of permutations(world.operations)) {
		expect(summary(evaluate(genesis, order), world.operations)).toBe(expected);
		orders++;
	}
	expect(orders).toBe(5040);
	expect(expected).not.toContain('mallory",');
});

test("T20 [A-16] an owner's second device may be heard before the scope's creation", () => {
	const world = new World();
	const created = world.create('a1', 'alice');
	world.join('a1', 'alice');
	world.join('a2', 'alice');
	world.grant('a2', SCOPE, 'bob', 'EDITOR');
	world.join('b1', 'bob', [created]);
	const expected = summary(evaluate(genesis, world.operations), world.operations);
	expect(rolesOf(evaluate(genesis, world.operations))).toEqual({ alice: 'OWNER', bob: 'EDITOR' });
	for (const order of permutations(world.operations)) {
		expect(summary(evaluate(genesis, order), world.operations)).toBe(expected);
	}
});

/** Random scopes: honest and forged operations, citing anything that exists or does not. */
const worlds = fc
	.array(
		fc.record({
			author: fc.constantFrom('a1', 'a2', 'b1', 'b2', 'c1', 'x1'),
			type: fc.constantFrom('JOIN', 'JOIN', 'GRANT', 'GRANT', 'GRANT', 'POLICY', 'NOTED', 'MALFORMED', 'CREATE'),
			person: fc.constantFrom('alice', 'bob', 'carol', 'mallory'),
			role: fc.constantFrom<Role>('OWNER', 'EDITOR', 'VIEWER', 'ADMIN'),
			grant: fc.nat(30),
			heads: fc.array(fc.nat(40), { maxLength: 3 })
		}),
		{ minLength: 3, maxLength: 30 }
	)
	.map((steps) => {
		const world = new World();
		world.create('a1', 'alice');
		world.join('a1', 'alice');
		for (const { author, type, person, role, grant, heads } of steps) {
			const known = world.operations.map(({ hash }) => hash);
			const named = (index: number): Hex => known[index] ?? (index % 7 === 0 ? 'never seen' : SCOPE);
			world.add(author, {
				type,
				identity: { a: 'alice', b: 'bob', c: 'carol', x: 'mallory' }[author[0]!],
				device: 'd',
				kind: 'doc',
				owner: 'alice',
				policies: [],
				subject: person,
				role,
				schema: person,
				declaration: blocks(role === 'OWNER' ? 'OWNER:RW' : 'OWNER:RW, EDITOR:RW'),
				reason: 'test',
				grant: named(grant),
				heads: heads.map(named).filter((hash) => hash !== SCOPE)
			} as unknown as AccessOperation);
		}
		return world.operations;
	});

test('T20 [A-16] any order and any repetition gives the same access; adding one by one equals all at once', () => {
	fc.assert(
		fc.property(worlds, fc.infiniteStream(fc.nat()), (operations, stream) => {
			const expected = summary(evaluate(genesis, operations), operations);
			const draws = stream[Symbol.iterator]();
			const next = (): number => draws.next().value as number;
			const order = [...operations, ...operations.slice(0, operations.length / 2)]
				.map((operation) => [next(), operation] as const)
				.sort(([a], [b]) => a - b)
				.map(([, operation]) => operation);
			const grown = new AccessLog(genesis);
			const seen: AccessOperation[] = [];
			for (const operation of order) {
				grown.add(operation);
				if (!seen.includes(operation)) seen.push(operation);
				expect(summary(grown, seen)).toBe(summary(evaluate(genesis, seen), seen));
			}
			expect(summary(grown, operations)).toBe(expected);
		}),
		{ numRuns: 300 }
	);
});

test('T34 [A-16] in no random scope does anybody hold a grant that no owner gave', () => {
	fc.assert(
		fc.property(worlds, (operations) => {
			const log = evaluate(genesis, operations);
			for (const operation of operations) {
				if (operation.type !== 'GRANT' || log.outcomeOf(operation.hash)!.status !== 'effective') continue;
				const under = operation.grant === SCOPE ? log.grant(SCOPE)! : log.grant(operation.grant!)!;
				expect(under.role).toBe('OWNER');
				expect(log.bindingOf(operation.author)!.identity).toBe(under.subject);
			}
		}),
		{ numRuns: 1000 }
	);
});
