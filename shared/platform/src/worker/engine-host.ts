/**
 * Serves one open database to every tab, over a port each. Knows no worker and no browser: engine-main.ts runs it in
 * a worker, node.ts in the process, tests with MessageChannels.
 *
 * Invariants
 * - Every use of the database passes `Turns`: while a transaction is open nobody else's statement runs.
 * - A write is answered after its commit, with its batch sealed in the same transaction. A call that comes again with
 *   an operation id that was committed is answered without running (log/operations.ts).
 */

import type { EngineCalls, EngineReady, EngineStreams, ResultSet, StatementResults } from '../protocol/bridge.ts';
import { randomBytes } from '../crypto/random.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LANES } from '../protocol/row-id.ts';
import {
	handOver,
	LinkServer,
	type CallHandlers,
	type CallTable,
	type PortLike,
	type StreamHandlers,
	type StreamTable
} from '../protocol/link.ts';
import type { EngineReplica } from './engine-replica.ts';
import { TextDesk } from './text-desk.ts';
import { realTimers, Turns, type After } from './turns.ts';

/** Quiet time after which the log is copied into the main file, in ms. */
const CHECKPOINT_AFTER = 5000;

export interface EngineHostOptions {
	replica: EngineReplica;
	ready: EngineReady;
	/** The card of a person known to the account, by identity or root key, hex or bytes; undefined when unknown. */
	findCard: (person: string | Uint8Array) => Promise<Uint8Array | undefined>;
	after?: After;
	clock?: () => number;
}

export class EngineHost {
	readonly turns: Turns;
	readonly #replica: EngineReplica;
	readonly #ready: EngineReady;
	readonly #findCard: EngineHostOptions['findCard'];
	readonly #desk: TextDesk;
	readonly #after: After;
	readonly #servers = new Set<LinkServer<CallTable, StreamTable>>();
	#stopCheckpoint: (() => void) | undefined;
	/** Begins anywhere, so that two devices of a person seldom count in the same lane. */
	#lane = randomBytes(1)[0]! % LANES;
	#isClosing = false;

	constructor({ replica, ready, findCard, after = realTimers, clock = Date.now }: EngineHostOptions) {
		this.#replica = replica;
		this.#ready = ready;
		this.#findCard = findCard;
		this.#after = after;
		this.turns = new Turns(after);
		this.#desk = new TextDesk(replica, this.turns, after, clock);
		replica.onChange(({ texts }) => {
			if (texts) this.#desk.changed();
			this.#checkpointLater();
		});
	}

	/** Serves a tab. Returns the function that lets go of it, for when the tab is known to be gone. */
	serve(port: PortLike): () => void {
		this.#lane = (this.#lane + 1) % LANES;
		return this.serveWith<EngineCalls, EngineStreams>(port, this.calls, this.streams, { lane: this.#lane });
	}

	/** Serves other calls on a port, for as long as this database is open. */
	serveWith<C extends CallTable, S extends StreamTable>(
		port: PortLike,
		calls: CallHandlers<C>,
		streams: StreamHandlers<S>,
		more: Partial<EngineReady> = {}
	): () => void {
		if (this.#isClosing) {
			LinkServer.refuse(port, new PlatformError('RETRY', 'The database is being closed'));
			return () => {};
		}
		const server = new LinkServer<C, S>(port, calls, streams, { ...this.#ready, ...more });
		const kept = server as unknown as LinkServer<CallTable, StreamTable>;
		this.#servers.add(kept);
		return () => {
			this.#servers.delete(kept);
			server.close();
		};
	}

	/** Makes everything durable and small: the page is going to be hidden. */
	async quiet(): Promise<void> {
		await this.#desk.seal();
		await this.#desk.materialise();
		await this.turns.run(() => this.#replica.checkpoint()).catch(() => {});
	}

	/** Finishes what runs, rolls back what is open, writes everything, closes the files. */
	async close(error = new PlatformError('LOST', 'The database is being closed')): Promise<void> {
		if (this.#isClosing) return;
		this.#isClosing = true;
		this.#stopCheckpoint?.();
		await this.#desk.seal();
		this.turns.close(error);
		this.#desk.stop();
		for (const server of this.#servers) server.close(error);
		this.#servers.clear();
		try {
			this.#replica.materialise();
		} finally {
			this.#replica.close();
		}
	}

	#checkpointLater(): void {
		this.#stopCheckpoint?.();
		this.#stopCheckpoint = this.#after(CHECKPOINT_AFTER, () => {
			void this.turns
				.run(() => {
					this.#replica.tidy();
					this.#replica.checkpoint();
				})
				.catch(() => {});
		});
	}

	readonly calls: CallHandlers<EngineCalls> = {
		exec: ({ op, sql, params }) => this.turns.run(() => given(this.#replica.run(sql, params, op))),
		batch: ({ op, ...statements }) => this.turns.run(() => allGiven(this.#replica.runAll(statements, op))),
		begin: async ({ op }) => {
			const start = () => {
				if (this.#replica.wasCommitted(op) !== false) {
					throw new PlatformError('REPEATED', 'This transaction was committed before');
				}
				this.#replica.begin(op);
			};
			return { transaction: await this.turns.begin(start, () => this.#replica.rollback()) };
		},
		step: ({ transaction, sql, params }) => this.turns.step(transaction, () => given(this.#replica.run(sql, params))),
		steps: ({ transaction, ...statements }) =>
			this.turns.step(transaction, () => allGiven(this.#replica.runAll(statements))),
		commit: ({ transaction }) => this.turns.end(transaction, () => this.#replica.commit()),
		rollback: ({ transaction }) => this.turns.end(transaction, () => this.#replica.rollback()),
		wasCommitted: ({ op }) => this.turns.run(() => this.#replica.wasCommitted(op)),

		textEdit: (edit) => this.#desk.edit(edit),
		textCursor: ({ ref, editor, selection }) => this.turns.run(() => this.#replica.setCursor(ref, editor, selection)),

		setEphemeral: ({ table, scope, id, values }) =>
			this.turns.run(() => this.#replica.setEphemeral(table, scope, id, values)),

		createScope: ({ op, kind, name }) => this.turns.run(() => this.#replica.createScope(kind, name, op)),
		personalScope: () => this.turns.run(() => this.#replica.personalScope()),
		scopes: () => this.turns.run(() => this.#replica.scopes()),
		members: ({ scope }) => this.turns.run(() => this.#replica.members(scope)),
		grant: async ({ op, person, scope, role }) => {
			const card = await this.#findCard(person);
			if (!card) {
				throw new PlatformError('UNKNOWN_PERSON', 'This person is not known here yet: invite them instead', {
					scope,
					role
				});
			}
			await this.turns.run(() => this.#replica.grant(scope, card, role, op));
		},
		history: ({ table, scope, id }) => this.turns.run(() => this.#replica.history(table, scope, id)),
		refusals: () => this.turns.run(() => this.#replica.refusals())
	};

	readonly streams: StreamHandlers<EngineStreams> = {
		live: ({ name, sql, params }, emit) => this.turns.run(() => this.#replica.watch(name, sql, params, emit)),
		text: ({ ref, editor }, emit) =>
			this.turns.run(() => {
				const snapshot = this.#replica.openText(ref);
				const operation = this.#desk.lastOperationOf(editor);
				emit({ type: 'beginning', ...snapshot, ...(operation === undefined ? {} : { operation }) });
				const stop = this.#replica.observeText(ref, emit);
				return () => {
					stop();
					void this.turns.run(() => this.#replica.setCursor(ref, editor, null)).catch(() => {});
				};
			}),
		cursors: ({ ref, editor }, emit) => {
			const look = () => emit(this.#replica.cursors(ref, editor));
			return this.turns.run(() => {
				look();
				return this.#replica.onChange(({ ephemeral, texts }) => {
					if (ephemeral || texts) look();
				});
			});
		},
		scopes: (_args, emit) =>
			this.turns.run(() => {
				emit(this.#replica.scopes());
				return this.#replica.onChange(({ directory }) => {
					if (directory) emit(this.#replica.scopes());
				});
			})
	};
}

/** Rows were read for this answer alone: their blobs need not be copied. */
function given(result: ResultSet): ResultSet {
	return handOver(result, result.rows.flat());
}

function allGiven(results: StatementResults): StatementResults {
	return handOver(
		results,
		results.flatMap(([, { rows }]) => rows.flat())
	);
}
