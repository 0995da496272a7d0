/** Line numbers of offsets in a text. Offsets must ascend; then all questions together cost one pass. */
export class LineCounter {
	readonly #text: string;
	#line = 1;
	#next: number;

	constructor(text: string) {
		this.#text = text;
		this.#next = text.indexOf('\n');
	}

	/** Line of the character at `offset`, from 1. */
	at(offset: number): number {
		while (this.#next >= 0 && this.#next < offset) {
			this.#line++;
			this.#next = this.#text.indexOf('\n', this.#next + 1);
		}
		return this.#line;
	}
}
