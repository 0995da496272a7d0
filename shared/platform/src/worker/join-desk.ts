/**
 * Joins, as tabs ask for them: the vault's page hands over its end of the port to become somebody, the suite's page
 * its end to let that happen. Everything is said between the two desks; the pages show emojis, and one says yes.
 */

import { toHex } from '../crypto/bytes.ts';
import type { JoinCalls, JoinStreams, VaultRequestEvent } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { JOIN_SENTENCES } from '../protocol/joining.ts';
import type { CallHandlers, StreamHandlers } from '../protocol/link.ts';
import type { Timers } from '../protocol/timers.ts';
import { Attempts } from '../sync/attempts.ts';
import { JoinError, joinSuite, receiveVault, type VaultRequest } from '../sync/joining.ts';
import type { Custodian } from './custodian.ts';

export interface JoinDeskOptions {
	custodian: Custodian;
	timers: Timers;
	random: (length: number) => Uint8Array;
}

export class JoinDesk {
	readonly #options: JoinDeskOptions;
	readonly #attempts: Attempts;
	readonly #requests = new Map<string, VaultRequest>();

	constructor(options: JoinDeskOptions) {
		this.#options = options;
		this.#attempts = new Attempts(options.timers, options.random);
	}

	readonly calls: CallHandlers<JoinCalls> = {
		joinSuite: ({ port, origins }) => {
			const { custodian, timers, random } = this.#options;
			if (!custodian.isNewcomer) {
				port.close();
				throw sentence('vault', 'HAS_IDENTITY');
			}
			const { introduce, adopt, withdrawIntroduction } = custodian.workerCalls;
			const ports = {
				timers,
				random,
				// The suite says what the machine is called.
				introduce: async () => await introduce({ deviceName: 'Passwords' }),
				adopt: async (introduction: Uint8Array, gift: Uint8Array) => await adopt({ introduction, gift }),
				withdraw: async (introduction: Uint8Array) => await withdrawIntroduction({ introduction })
			};
			return this.#attempts.begin(async (onEmojis, signal) => {
				await joinSuite(port, origins, ports, onEmojis, signal).catch(asSentence('vault'));
				return undefined;
			});
		},
		cancelJoin: ({ attempt }) => this.#attempts.cancel(attempt),
		meetVault: async ({ port, origins }) => {
			const { custodian, timers, random } = this.#options;
			const { profile } = custodian;
			const request = await receiveVault(port, origins, {
				timers,
				random,
				certify: (introduction) => profile.certifyNeighbour(introduction),
				keep: async (card) => await custodian.workerCalls.mergeCard({ card })
			}).catch(asSentence('suite'));
			const id = toHex(random(16));
			this.#requests.set(id, request);
			void request.over.then(() => this.#requests.delete(id));
			return { id, emojis: request.emojis, runsOn: request.introduction.runsOn };
		},
		acceptVault: async ({ request: id }) => {
			const request = this.#requests.get(id);
			if (!request) throw sentence('suite', 'CANCELLED');
			this.#requests.delete(id);
			await request.accept().catch(asSentence('suite'));
		},
		declineVault: ({ request: id }) => {
			const request = this.#requests.get(id);
			this.#requests.delete(id);
			request?.decline();
		}
	};

	readonly streams: StreamHandlers<JoinStreams> = {
		joinAttempt: ({ attempt }, emit) => this.#attempts.watch(attempt, emit),
		vaultRequest: ({ request: id }, emit) => {
			const request = this.#requests.get(id);
			const tell = (event: VaultRequestEvent) => void emit(event);
			if (!request) tell({ state: 'over', reason: JOIN_SENTENCES.suite.CANCELLED });
			else {
				tell({ state: 'waiting' });
				void request.over.then((code) => tell({ state: 'over', reason: JOIN_SENTENCES.suite[code] }));
			}
			// A page that goes away without an answer takes the question with it.
			return () => {
				if (this.#requests.delete(id)) request?.withdraw();
			};
		}
	};

	stop(): void {
		this.#attempts.stop();
		for (const request of this.#requests.values()) request.withdraw();
	}
}

function sentence(side: 'vault' | 'suite', code: JoinError['code']): PlatformError {
	return new PlatformError(code, JOIN_SENTENCES[side][code]);
}

const asSentence =
	(side: 'vault' | 'suite') =>
	(error: unknown): never => {
		throw error instanceof JoinError ? sentence(side, error.code) : error;
	};
