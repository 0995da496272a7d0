/** The scopes of one database: loaded from its tables, found by local name and by true id. */
import type { Hex } from '../access/operation.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { signingKeyPair } from '../crypto/sign.ts';
import type { Database } from '../engine/sqlite.ts';
import { recordHeader } from '../protocol/record.ts';
import { personalScopeId } from '../identity/account-key.ts';
import { readOperation } from './access-records.ts';
import { type RecordStore } from './record-store.ts';
import { chainOf, Scope, type ScopeRow } from './scope.ts';
import { RecordState } from './tables.ts';

export interface NewScope {
	id: Uint8Array;
	kind: string;
	app: string;
	title: string;
	derived: boolean;
	/** Wanted local name; another is taken where it is in use. */
	name?: string;
	epoch: number;
	key: Uint8Array;
}

export class ScopeRegistry {
	readonly #db: Database;
	readonly #records: RecordStore;
	readonly #random: (size: number) => Uint8Array;
	readonly #byHex = new Map<Hex, Scope>();
	readonly #byName = new Map<string, Scope>();

	constructor(db: Database, records: RecordStore, random: (size: number) => Uint8Array) {
		this.#db = db;
		this.#records = records;
		this.#random = random;
		for (const [id] of db.all('SELECT id FROM slf_scopes ORDER BY n')) this.load(toHex(id as Uint8Array));
	}

	all(): Scope[] {
		return [...this.#byHex.values()];
	}

	byHex(id: Hex): Scope | undefined {
		return this.#byHex.get(id);
	}

	byName(name: string): Scope | undefined {
		return this.#byName.get(name);
	}

	/** Stores a scope with a new pseudonym of this device. Inside a transaction; when that fails, call `load`. */
	add(wanted: NewScope): Scope {
		const hex = toHex(wanted.id);
		const byId = `${wanted.kind}:${hex.slice(0, 32)}`;
		const name = wanted.name !== undefined && !this.#byName.has(wanted.name) ? wanted.name : byId;
		// A pair of its own for each scope: whoever sees two scopes cannot tell that one device writes in both.
		const { publicKey, secretKey } = signingKeyPair(this.#random(32));
		this.#db.run(
			`INSERT INTO slf_scopes (id, name, kind, app, title, derived, public_key, secret_key)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			[wanted.id, name, wanted.kind, wanted.app, wanted.title, Number(wanted.derived), publicKey, secretKey]
		);
		const n = Number(this.#db.value('SELECT last_insert_rowid()'));
		this.#db.run('INSERT INTO slf_epochs (scope, epoch, key) VALUES (?, ?, ?)', [n, wanted.epoch, wanted.key]);
		return this.load(hex)!;
	}

	addEpoch(scope: Scope, number: number, key: Uint8Array): void {
		const sql = 'INSERT OR IGNORE INTO slf_epochs (scope, epoch, key) VALUES (?, ?, ?)';
		this.#db.run(sql, [scope.row.n, number, key]);
		scope.addEpoch(number, key);
	}

	setTitle(scope: Scope, title: string): void {
		this.#db.run('UPDATE slf_scopes SET title = ? WHERE n = ?', [title, scope.row.n]);
		scope.row.title = title;
	}

	/** Makes the scope in memory equal to the tables: at opening, and after a transaction that failed. */
	load(hex: Hex): Scope | undefined {
		const old = this.#byHex.get(hex);
		if (old) {
			this.#byHex.delete(hex);
			this.#byName.delete(old.row.name);
		}
		const row = this.#readRow(hex);
		if (!row) return undefined;
		const epochs = this.#db.all('SELECT epoch, key FROM slf_epochs WHERE scope = ? ORDER BY epoch', [row.n]);
		const keys = epochs.map(([number, key]) => ({ number: Number(number), key: key as Uint8Array }));
		const scope = new Scope(row, keys, row.derived ? (identity) => derives(identity, row) : undefined);
		this.#loadChains(scope);
		this.#loadAccess(scope);
		this.#loadWaiting(scope);
		this.#byHex.set(hex, scope);
		this.#byName.set(row.name, scope);
		return scope;
	}

	#readRow(hex: Hex): ScopeRow | undefined {
		const columns = 'n, id, name, kind, app, title, derived, public_key, secret_key';
		const found = this.#db.get(`SELECT ${columns} FROM slf_scopes WHERE lower(hex(id)) = ?`, [hex]);
		if (!found) return undefined;
		const [n, id, name, kind, app, title, derived, publicKey, secretKey] = found as [
			number,
			Uint8Array,
			string,
			string,
			string,
			string,
			number,
			Uint8Array,
			Uint8Array
		];
		return { n, id, name, kind, app, title, derived: derived === 1, pseudonym: { publicKey, secretKey } };
	}

	#loadChains(scope: Scope): void {
		const byNumber = new Map(
			this.#records.authorsOf(scope.row.n).map(([n, pseudonym, claimed]) => {
				const author = scope.author(pseudonym);
				author.n = n;
				author.claimed = claimed;
				return [n, author];
			})
		);
		for (const { author: n, log, end, growth, held } of this.#records.chainsOf(scope.row.n)) {
			const chain = chainOf(byNumber.get(n)!, log);
			chain.end = end;
			if (end > 0) chain.hash = this.#records.hashAt(n, log, end)!;
			if (held > 0) {
				for (const [seq, record, size] of this.#records.heldOf(n, log)) {
					chain.held.set(seq, record);
					scope.heldBytes += size;
				}
			}
			scope.growth += growth;
		}
	}

	/** Why each of them waits is found out anew: see Receiver.retryAll. */
	#loadWaiting(scope: Scope): void {
		const authors = new Map([...scope.authors.values()].map((author) => [author.n, author]));
		for (const { n, author, seq } of this.#records.inState(scope.row.n, 'data', [
			RecordState.WAITING,
			RecordState.AHEAD
		])) {
			scope.waiting.set(n, { kind: 'schema' });
			authors.get(author)!.data.waitingTexts.set(n, seq);
		}
	}

	#loadAccess(scope: Scope): void {
		for (const { bytes, hash } of this.#records.inState(scope.row.n, 'access', [RecordState.APPLIED])) {
			const operation = readOperation(scope, recordHeader(bytes), hash);
			if (operation) scope.access.add(operation);
		}
	}
}

function derives(identity: Hex, { id, app }: ScopeRow): boolean {
	return toHex(personalScopeId(fromHex(identity), app)) === toHex(id);
}
