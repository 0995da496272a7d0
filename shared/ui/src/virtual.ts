/** What `VirtualList` and `DataTable` are given of their rows. */
export interface VirtualSource<Item> {
	/** How many rows there are in all. */
	count: number;
	/** The row at an index; undefined while it is not here yet. */
	at: (index: number) => Item | undefined;
	key: (item: Item) => string;
	label: string;
	/** In px; all rows are equal. */
	rowHeight: number;
	/** Index of the row that is open beside: it takes the Tab stop when no row has been focused. */
	selected?: number | undefined;
	/** The rows on screen and a few around them, `to` not included: what should be here. */
	onrange?: ((from: number, to: number) => void) | undefined;
	onkeydown?: ((event: KeyboardEvent, index: number | undefined) => void) | undefined;
	/** Called when the person goes up from the first row. */
	onleave?: (() => void) | undefined;
}

/** For the one focusable element of a row. */
export interface VirtualRowFocus {
	tabindex: 0 | -1;
	'data-index': number;
	onfocus: () => void;
}
