const PEOPLE = 8;

/** One of eight colours (`--person-1` to `--person-8`), the same for a person on every device and in every note. */
export function colourOf(identity: string): number {
	let sum = 0;
	for (let i = 0; i < identity.length; i++) sum = (sum * 31 + identity.charCodeAt(i)) >>> 0;
	return (sum % PEOPLE) + 1;
}
