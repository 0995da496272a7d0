/**
 * Inviting people and being invited, as the hub does it: from a scope of an app to a link, from a link to a scope.
 * The protocol is invitation.ts; here it meets the account's tables and the apps' databases.
 */
import { equalBytes, fromHex, toHex } from '../crypto/bytes.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { Invitation, Role } from '../protocol/shapes.ts';
import type { AccountTables, InvitationRow } from './account-tables.ts';
import type { Attempts } from './attempts.ts';
import { HandshakeError } from './emoji-handshake.ts';
import { operationId, type HubEngine, type HubOptions, type WaitingRequest } from './hub-ports.ts';
import {
	INVITATION_LIFETIME,
	invitationFromSeed,
	invitationLink,
	readInvitationLink,
	useInvitation,
	type InvitationReply,
	type InvitedPorts,
	type PersonRequest
} from './invitation.ts';
import { OpenInvitations, type Answered } from './open-invitations.ts';
import type { Channel } from './transport/transport.ts';

/** Kinds of scopes that follow from an identity: nobody is ever invited to one. */
const PERSONAL_KINDS = ['user', 'account'];

export interface InvitingOptions extends HubOptions {
	/** Where invitations and contacts of an app are kept: in the account, or in the vault that the app is. */
	tablesOf: (app: string) => AccountTables;
	allTables: () => AccountTables[];
	attempts: Attempts;
	engines: ReadonlyMap<string, HubEngine>;
	/** The engine of an app. Throws a PlatformError where it is not open. */
	engine: (app: string) => HubEngine;
	/** Shows a request to the person, until `over`. */
	wait: (over: Promise<void>, request: WaitingRequest) => void;
}

export class Inviting {
	readonly #options: InvitingOptions;
	readonly #open: OpenInvitations;

	constructor(options: InvitingOptions) {
		this.#options = options;
		this.#open = new OpenInvitations(options);
	}

	/** Reads the account anew. It may be closing just now; the next change or sweep reads it again. */
	load(): Promise<void> {
		return this.#open.load().catch(() => {});
	}

	stop(): void {
		this.#open.stop();
	}

	async list(app: string): Promise<Invitation[]> {
		const rows = this.#open.open().filter((row) => row.app === app);
		return await Promise.all(rows.map((row) => this.#viewOf(row)));
	}

	async withdraw(id: string): Promise<void> {
		const row = this.#open.byId(id);
		if (row) await this.#options.tablesOf(row.app).put('invitations', { id, state: 'withdrawn' });
		await this.load();
	}

	/** Makes an invitation to a scope that this person owns. */
	async invite({ app, scope, role }: { app: string; scope: string; role: Role }): Promise<Invitation> {
		const { timers, random } = this.#options;
		const info = (await this.#options.engine(app).scopes()).find((candidate) => candidate.scope === scope);
		if (!info) throw new PlatformError('UNKNOWN_SCOPE', `There is no scope ${scope} to invite to`, { scope });
		if (info.personal)
			throw new PlatformError('DENIED', 'The personal scope cannot be shared; make a scope to share', { scope });
		if (info.role !== 'OWNER')
			throw new PlatformError('DENIED', `${info.role} may not invite`, { scope, role: info.role });
		const secret = invitationFromSeed(random(32));
		const now = timers.now();
		const row: InvitationRow = {
			id: toHex(secret.key.publicKey),
			app,
			scope: info.id,
			role,
			secret: secret.seed,
			created_at: now,
			expires_at: now + INVITATION_LIFETIME,
			state: 'open',
			used_by: null
		};
		await this.#options.tablesOf(app).put('invitations', row);
		await this.load();
		return await this.#viewOf(row);
	}

	async #viewOf(row: InvitationRow): Promise<Invitation> {
		const scopes = (await this.#options.engines.get(row.app)?.scopes()) ?? [];
		return {
			id: row.id,
			scope: scopes.find(({ id }) => id === row.scope)?.scope ?? row.scope,
			role: row.role,
			link: invitationLink(this.#options.pages.invited(row.app), invitationFromSeed(row.secret)),
			expiresAt: row.expires_at
		};
	}

	/** Somebody dialled with an invitation of ours. Throws HandshakeError when it came to nothing. */
	async met(channel: Channel, tag: Uint8Array, frame: Uint8Array): Promise<void> {
		const answered = this.#open.byTag(tag);
		if (!answered) return channel.close('nothing is known of this');
		const { name } = await this.#options.account.self();
		const request = await this.#open.meet(answered, channel, frame, name);
		const { app, role } = answered.row;
		const scopes = (await this.#options.engines.get(app)?.scopes()) ?? [];
		const info = scopes.find(({ id }) => id === answered.row.scope);
		this.#options.wait(request.over, {
			app,
			view: {
				id: toHex(this.#options.random(16)),
				kind: 'person',
				identity: toHex(request.verified.identity),
				name: request.name,
				...(info ? { scope: info.scope, scopeName: info.name } : {}),
				role,
				emojis: request.emojis,
				at: this.#options.timers.now()
			},
			accept: () => this.#acceptPerson(answered, request),
			decline: async () => {
				request.refuse('DECLINED');
				// Whoever it was has the link; it serves nobody any more.
				await this.#options.tablesOf(app).put('invitations', { id: answered.row.id, state: 'withdrawn' });
				await this.load();
			}
		});
	}

	async #acceptPerson({ row }: Answered, request: PersonRequest): Promise<void> {
		const { account } = this.#options;
		try {
			const engine = this.#options.engine(row.app);
			const info = (await engine.scopes()).find(({ id }) => id === row.scope);
			const entry = (await engine.directory()).find(({ id }) => id === row.scope);
			if (!info || !entry)
				throw new PlatformError('UNKNOWN_SCOPE', 'The scope of this invitation is not on this device');
			await engine.grantCard(
				operationId(this.#options.timers, this.#options.random),
				info.scope,
				request.card,
				row.role
			);
			const { card, name: inviter } = await account.self();
			const { kind, name, epoch, key } = entry;
			await request.accept({
				scope: fromHex(row.scope),
				app: row.app,
				kind,
				name,
				role: row.role,
				epoch,
				key,
				card,
				inviter
			});
		} catch (error) {
			if (!(error instanceof HandshakeError)) request.refuse('FAILED');
			throw error;
		}
		const id = toHex(request.verified.identity);
		await this.#remember(row.app, id, request.name, request.card);
		await this.#options.tablesOf(row.app).put('invitations', { id: row.id, state: 'used', used_by: id });
		await this.load();
	}

	/** Uses a link. Resolves when there are emojis to show. */
	async join({
		app,
		link,
		name
	}: {
		app: string;
		link: string;
		name: string;
	}): Promise<{ id: string; emojis: string[] }> {
		const secret = readInvitationLink(link);
		if (!secret) throw new PlatformError('BAD_LINK', 'This is not an invitation, or the link was cut off');
		const { transport, timers, random, account } = this.#options;
		this.#options.engine(app);
		const { card } = await account.self();
		return await this.#options.attempts.begin(async (onEmojis, signal) => {
			let scope = '';
			const ports: InvitedPorts = {
				transport,
				timers,
				random,
				card,
				name,
				join: async (reply, inviter) => {
					scope = await this.#takeIn(app, reply);
					await this.#remember(app, toHex(inviter.identity), reply.inviter, reply.card);
				}
			};
			await useInvitation(secret, ports, onEmojis, signal);
			return scope;
		});
	}

	/**
	 * Takes the scope of a reply in. The inviter decides what is in the reply, so it may only bring a scope that is new
	 * here: with the id of another one it would slip that one a key which the inviter has too (T39).
	 */
	async #takeIn(app: string, { scope, app: ofApp, kind, name, epoch, key }: InvitationReply): Promise<string> {
		const engine = this.#options.engine(app);
		const id = toHex(scope);
		if (ofApp !== app) throw new PlatformError('BAD_LINK', `This invitation is for ${ofApp}`);
		if (PERSONAL_KINDS.includes(kind)) throw new PlatformError('BAD_LINK', 'A personal scope cannot be shared');
		const known = (await engine.directory()).find((entry) => entry.id === id);
		const isSame = known !== undefined && known.epoch === epoch && equalBytes(known.key, key);
		const isHere = known !== undefined || (await engine.scopes()).some((info) => info.id === id);
		if (isHere && !isSame) throw new PlatformError('BAD_LINK', 'This scope is here already, with another key');
		return await engine.joinScope({ id, kind, name, epoch, key });
	}

	/** Keeps a person whose emojis were compared, where the app keeps them. */
	async #remember(app: string, id: string, name: string, card: Uint8Array): Promise<void> {
		const now = this.#options.timers.now();
		const tables = this.#options.tablesOf(app);
		const known = await tables.get('contacts', id);
		await tables.put('contacts', { id, name, card, verified_at: now, met_at: known?.met_at ?? now });
	}
}
