/** What an importer found in a file, apart from the statements: what it could not read, and what is worth knowing. */

import { excerpt, type Fault, type Reason, type Where } from './failure.ts';
import { ImportError } from './failure.ts';
import type { Format, Statement } from './statement.ts';

/** Something the person should know that stops nothing. */
export type Notice =
	/** Entries that are announced, not booked. */
	| { readonly kind: 'pending'; readonly count: number }
	/** Rows of a kind that is not read: trades of an investment account, entries for information only. */
	| {
			readonly kind: 'left-out';
			readonly what: 'investments' | 'information' | 'lists' | 'totals';
			readonly count: number;
	  }
	/** A statement that stands in the file twice counts once. */
	| { readonly kind: 'repeated-statement'; readonly reference: string };

/** What an importer of one format gives. */
export interface Found {
	readonly statements: readonly Statement[];
	/** The first hundred places that could not be read, in order of the file. */
	readonly faults: readonly Fault[];
	readonly faultCount: number;
	/** From here on nothing was read: the file ends or breaks. */
	readonly broken?: Fault;
	readonly notices: readonly Notice[];
}

/** What is known beside the file. */
export interface ReadOptions {
	/** Currency of the account it is for: counts where the file names none. */
	readonly currency?: string;
	/** Told now and then how much of the file is read, from 0 to 1. */
	readonly progress?: (share: number) => void;
}

const MOST_FAULTS = 100;
/** Of one file: more than a person has in a lifetime. */
export const MOST_ENTRIES = 200_000;

export class Findings {
	readonly #format: Format;
	readonly #faults: Fault[] = [];
	#faultCount = 0;
	#broken: Fault | undefined;
	readonly #counts = new Map<'pending' | Extract<Notice, { kind: 'left-out' }>['what'], number>();

	constructor(format: Format) {
		this.#format = format;
	}

	fault(reason: Reason, where: Where, found?: string): void {
		this.#faultCount++;
		if (this.#faults.length < MOST_FAULTS) this.#faults.push(faultOf(reason, where, found));
	}

	/** Nothing after this place can be read. */
	breaks(reason: Reason, where: Where, found?: string): void {
		this.#broken ??= faultOf(reason, where, found);
	}

	count(what: 'pending' | Extract<Notice, { kind: 'left-out' }>['what']): void {
		this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
	}

	/**
	 * @throws ImportError if no statement is whole, or if rows were at fault and not one is whole
	 */
	found(statements: readonly Statement[]): Found {
		const first = this.#faults[0] ?? this.#broken;
		const entries = statements.reduce((sum, statement) => sum + statement.entries.length, 0);
		if (first && entries === 0) throw new ImportError(this.#format, first);
		if (statements.length === 0) throw new ImportError(this.#format, { where: {}, reason: 'NO_STATEMENT' });
		return {
			statements,
			faults: this.#faults,
			faultCount: this.#faultCount,
			...(this.#broken ? { broken: this.#broken } : {}),
			notices: [...this.#counts].map(([what, count]): Notice =>
				what === 'pending' ? { kind: what, count } : { kind: 'left-out', what, count }
			)
		};
	}
}

function faultOf(reason: Reason, where: Where, found: string | undefined): Fault {
	const text = found === undefined ? '' : excerpt(found);
	return { where, reason, ...(text === '' ? {} : { found: text }) };
}
