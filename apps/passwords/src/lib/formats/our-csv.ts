/** The columns of our own CSV, and so the mark by which it is known again: its cells are guarded (T65). */
export const OUR_COLUMNS = [
	'folder',
	'title',
	'url',
	'username',
	'password',
	'totp',
	'notes',
	'tags',
	'favourite'
] as const;
