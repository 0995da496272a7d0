/** What a person types and sees when it is about their recovery words. Checking the words is the platform's. */

/** The words in what was typed or pasted: numbers, commas and line breaks of a printed list are left out. */
export function wordsIn(text: string): string[] {
	return text
		.normalize('NFKD')
		.toLowerCase()
		.split(/[^\p{L}\p{M}]+/u)
		.filter((word) => word !== '');
}

/** Three different positions of 12, ascending: which words to ask back. `random` gives numbers in [0, 1). */
export function wordsToAsk(random: () => number): number[] {
	const positions = Array.from({ length: 12 }, (_, index) => index);
	for (let last = positions.length - 1; last > 0; last--) {
		const other = Math.floor(random() * (last + 1));
		[positions[last], positions[other]] = [positions[other] as number, positions[last] as number];
	}
	return positions.slice(0, 3).sort((a, b) => a - b);
}

/** A name for this browser that its owner recognises, from the browser's own description of itself. */
export function deviceNameFrom(userAgent: string): string {
	const browser = /Edg\//.test(userAgent)
		? 'Edge'
		: /Firefox\//.test(userAgent)
			? 'Firefox'
			: /Chrome\//.test(userAgent)
				? 'Chrome'
				: /Safari\//.test(userAgent)
					? 'Safari'
					: 'Browser';
	const place = /iPhone/.test(userAgent)
		? 'iPhone'
		: /iPad/.test(userAgent)
			? 'iPad'
			: /Android/.test(userAgent)
				? /Mobile/.test(userAgent)
					? 'Android phone'
					: 'Android tablet'
				: /Mac OS X/.test(userAgent)
					? 'Mac'
					: /Windows/.test(userAgent)
						? 'Windows'
						: /CrOS/.test(userAgent)
							? 'Chromebook'
							: /Linux/.test(userAgent)
								? 'Linux'
								: 'this device';
	return `${browser} on ${place}`;
}
