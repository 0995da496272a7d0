/** Writes to the access log: making scopes, joining them, granting, publishing the policy. Inside a transaction. */
import { declarationText } from '../access/policy.ts';
import { compareRoles, ROLES_IN_FORCE, type Role } from '../access/roles.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { sealTo } from '../crypto/envelope.ts';
import { LABELS } from '../crypto/labels.ts';
import type { Schema } from '../engine/schema.ts';
import { verifyCard, type IdentityCard } from '../identity/card.ts';
import type { PersonKeys } from '../identity/person.ts';
import { encodeAccessOp, type CreateOp, type GrantOp } from '../protocol/access-op.ts';
import { encode } from '../protocol/cbor.ts';
import { PlatformError, type ErrorPlace } from '../protocol/errors.ts';
import { joinOp, scopeIdOf } from './access-records.ts';
import type { LogWriter } from './log-writer.ts';
import type { Rights } from './rights.ts';
import type { ScopeRegistry } from './scope-registry.ts';
import type { Scope } from './scope.ts';

export interface ScopeActionsOptions {
	scopes: ScopeRegistry;
	writer: LogWriter;
	rights: Rights;
	person: PersonKeys;
	app: string;
	/** What the personal scope is derived for: the app, or of a vault `vaultPlace`. */
	place: string;
	clock: () => number;
	random: (size: number) => Uint8Array;
	schema: Schema;
}

export interface HandedScope {
	id: Uint8Array;
	kind: string;
	name: string;
	epoch: number;
	key: Uint8Array;
	/** Of a derived scope: what it is derived for, where that is not the app. */
	app?: string;
}

/** Kinds of scopes that are derived from an identity, so that no CREATE stands in their log. */
const DERIVED_KINDS: readonly string[] = ['user', 'account'];

export class ScopeActions {
	readonly #options: ScopeActionsOptions;
	readonly #identity: string;
	readonly #policy: string;
	#card: Uint8Array;
	#name: string;

	constructor(options: ScopeActionsOptions) {
		this.#options = options;
		this.#identity = toHex(options.person.identity);
		this.#policy = declarationText(options.schema.declaration);
		this.#card = options.person.card;
		this.#name = options.person.name;
	}

	/** What the person calls themselves now. */
	get name(): string {
		return this.#name;
	}

	/** The person's newest card, for JOINs and GRANTs from now on. Throws CARD for one of somebody else. */
	setCard(card: Uint8Array): void {
		const verified = verifyCard(card);
		if (!verified.ok || toHex(verified.identity) !== this.#identity) {
			throw new PlatformError('CARD', 'This is not the identity card of the person of this device');
		}
		this.#card = card;
		this.#name = verified.name;
	}

	create(kind: string, title: string): Scope {
		const { scopes, writer, person, app, clock, random, schema } = this.#options;
		if (!/^[a-z][a-z0-9-]{0,31}$/.test(kind) || DERIVED_KINDS.includes(kind)) {
			throw new PlatformError('KIND', 'A kind of scope is a word of small letters, such as doc; not user, not account');
		}
		if (title.length > 100) throw new PlatformError('NAME', 'A name of a scope has at most 100 characters');
		const create: CreateOp = {
			v: 1,
			type: 'CREATE',
			grant: null,
			heads: [],
			time: clock(),
			body: { kind, nonce: random(16), owner: person.identity, policy: [[schema.hash, this.#policy]] }
		};
		const id = scopeIdOf(create);
		const wanted = title === '' ? {} : { name: `${kind}:${title}` };
		const scope = scopes.add({ id, kind, app, title, derived: false, epoch: 0, key: random(32), ...wanted });
		writer.appendAccess(scope, encodeAccessOp(create));
		this.join(scope);
		return scope;
	}

	/** The person's own scope of this app, and whatever the others need at opening. */
	openAll(id: Uint8Array, key: Uint8Array): Scope {
		const { scopes, app, place } = this.#options;
		const kind = app === 'account' ? 'account' : 'user';
		const name = `${kind}:${this.#identity.slice(0, 16)}`;
		if (!scopes.byHex(toHex(id))) scopes.add({ id, kind, app: place, title: '', derived: true, name, epoch: 0, key });
		for (const scope of scopes.all()) this.settleIn(scope);
		return scopes.byHex(toHex(id))!;
	}

	joinScope({ id, kind, name: title, epoch, key, app: ofApp }: HandedScope): Scope {
		const { scopes, app: own } = this.#options;
		const known = scopes.byHex(toHex(id));
		if (known) {
			scopes.addEpoch(known, epoch, key);
			return known;
		}
		const wanted = title === '' ? {} : { name: `${kind}:${title}` };
		const derived = DERIVED_KINDS.includes(kind);
		const app = derived ? (ofApp ?? own) : own;
		return scopes.add({ id, kind, app, title, derived, epoch, key, ...(derived ? {} : wanted) });
	}

	grant(scope: Scope, card: Uint8Array, role: Role): void {
		const { writer, rights, clock, random } = this.#options;
		const place = { scope: scope.row.name, role };
		if (!ROLES_IN_FORCE.includes(role)) throw new PlatformError('ROLE', 'A role is OWNER, EDITOR or VIEWER', place);
		const { grant } = rights.standing(scope);
		if (grant.role !== 'OWNER') {
			throw new PlatformError('DENIED', `${grant.role} may not grant roles in this scope`, {
				...place,
				role: grant.role
			});
		}
		const verified = verifyCard(card);
		if (!verified.ok) throw new PlatformError('CARD', 'The identity card of that person does not verify', place);
		const present = scope.access.roleOf(toHex(verified.identity));
		if (present === role) return;
		if (present && compareRoles(present, role) < 0) {
			throw new PlatformError('ROLE', `This person is ${present} here, and a role cannot be taken away yet`, place);
		}
		const recipient = this.#agreementKeyOf(verified, place);
		this.join(scope);
		const op: GrantOp = {
			v: 1,
			type: 'GRANT',
			scope: scope.row.id,
			grant: fromHex(grant.hash),
			heads: this.#heads(scope),
			time: clock(),
			body: {
				subject: verified.identity,
				role: role as GrantOp['body']['role'],
				card,
				epochKeys: scope.epochs.map(({ number, key }) => [
					number,
					sealTo(recipient, LABELS.sealEpochKey, epochAad(scope, number), key, {
						salt: random(24),
						ephemeralSeed: random(32)
					})
				])
			}
		};
		writer.appendAccess(scope, encodeAccessOp(op));
	}

	/** What this device owes a scope in which its person has a role: its JOIN and, of an owner, this build's policy. */
	settleIn(scope: Scope): void {
		const { access } = scope;
		if (scope.row.derived && access.genesis.ownsDerived?.(this.#identity)) this.join(scope);
		const grant = access.grantOf(this.#identity);
		if (!grant) return;
		this.join(scope);
		if (grant.role === 'OWNER' && !access.hasPolicy(toHex(this.#options.schema.hash)))
			this.#publishPolicy(scope, grant.hash);
	}

	/** Binds the own pseudonym to this device, once. */
	join(scope: Scope): void {
		const { writer, person, clock } = this.#options;
		if (scope.access.bindingOf(scope.own.hex)) return;
		writer.appendAccess(scope, joinOp(scope, { card: this.#card, device: person.device }, clock(), this.#heads(scope)));
	}

	/** Epochs of a vault's scopes are sealed to the vault of the other, so that nothing of it hangs on their account. */
	#agreementKeyOf({ agreementKey, vaultKeys }: IdentityCard, place: ErrorPlace): Uint8Array {
		const { app, place: derivedFor } = this.#options;
		if (derivedFor === app) return agreementKey;
		const vault = vaultKeys.get(app);
		if (!vault) throw new PlatformError('NO_VAULT', 'This person has no vault of their own yet', place);
		return vault.publicKey;
	}

	#publishPolicy(scope: Scope, grant: string): void {
		const { writer, clock, schema } = this.#options;
		const op = {
			v: 1 as const,
			type: 'POLICY' as const,
			scope: scope.row.id,
			grant: fromHex(grant),
			heads: this.#heads(scope),
			time: clock(),
			body: { schema: schema.hash, text: this.#policy }
		};
		writer.appendAccess(scope, encodeAccessOp(op));
	}

	#heads(scope: Scope): Uint8Array[] {
		return scope.access.heads().map(fromHex);
	}
}

function epochAad(scope: Scope, epoch: number): Uint8Array {
	return encode([scope.row.id, epoch]);
}
