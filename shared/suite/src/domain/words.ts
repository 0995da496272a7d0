/**
 * How the shared screens speak of an app: "your notes are safe", "your ledger is safe". Each app says who it is once;
 * the sentences stand in the screens.
 */

export interface AboutApp {
	/** Its folder, database and address: `notes`. */
	readonly id: string;
	/** As on its icon: `Notes`. */
	readonly name: string;
	/** What a person has in it, after "your": `notes`, `ledger`. */
	readonly thing: string;
	/** Whether that is more than one: "your notes are safe", "your ledger is safe". */
	readonly plural: boolean;
	/** What is shared as a whole, which is a scope: `folder`, `budget`. */
	readonly shared: string;
	/** How a person comes to share, a sentence: `Open a folder and choose “Share this folder”.` */
	readonly sharing: string;
	/** Sentences of its own for errors, by their code; they go before the suite's. */
	readonly failures?: Readonly<Record<string, string>>;
}

export interface AppWords {
	readonly thing: string;
	/** `your notes` */
	readonly yours: string;
	/** `Your notes`, at the start of a sentence. */
	readonly Yours: string;
	/** `are` or `is` */
	readonly are: string;
	/** `they` or `it` */
	readonly they: string;
	/** `them` or `it` */
	readonly them: string;
	/** A verb after the thing: `travel` or `travels`. */
	readonly does: (verb: string) => string;
	/** `folder` */
	readonly shared: string;
	/** `a folder`, `an account` */
	readonly aShared: string;
}

export function wordsOf({ thing, plural, shared }: Pick<AboutApp, 'thing' | 'plural' | 'shared'>): AppWords {
	return {
		thing,
		yours: `your ${thing}`,
		Yours: `Your ${thing}`,
		are: plural ? 'are' : 'is',
		they: plural ? 'they' : 'it',
		them: plural ? 'them' : 'it',
		does: (verb) => (plural ? verb : `${verb}s`),
		shared,
		aShared: `${/^[aeio]/i.test(shared) ? 'an' : 'a'} ${shared}`
	};
}
