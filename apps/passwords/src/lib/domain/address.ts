/**
 * Addresses of logins, and for which pages they hold.
 *
 * People type `example.com`, browsers export `https://example.com/login?x`, KeePass holds anything. An address is kept
 * as it was given; these functions say what it means. What is not http or https is never opened (T64).
 */

/**
 * For which pages an address holds. `domain`: its host and whatever is below it (which needs no list of public
 * suffixes, and therefore does not reach siblings); `pattern`: a regular expression of another program, kept and
 * written back, never run.
 */
export type MatchRule = 'domain' | 'host' | 'starts' | 'exact' | 'pattern' | 'never';
export const matchRules: readonly MatchRule[] = ['domain', 'host', 'starts', 'exact', 'pattern', 'never'];

export function isMatchRule(text: unknown): text is MatchRule {
	return matchRules.some((rule) => rule === text);
}

/** The address as a URL, if it is one a browser could open or could be completed to one. */
function urlOf(address: string): URL | undefined {
	const text = address.trim();
	if (text === '' || /[\s<>"]/.test(text)) return undefined;
	const scheme = /^([a-z][a-z0-9+.-]*):(?!\d+(?:[/?#]|$))/i.exec(text);
	const complete = scheme ? text : `https://${text}`;
	try {
		const url = new URL(complete);
		return /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
	} catch {
		return undefined;
	}
}

/** The host with its port, lower case, in ASCII (`xn--`); undefined where the address has none. */
export function hostOf(address: string): string | undefined {
	return urlOf(address)?.host.replace(/\.$/, '');
}

/** What a list shows of an address: its host without `www.`, or the address itself. */
export function shownHost(address: string): string {
	return hostOf(address)?.replace(/^www\./, '') ?? address.trim();
}

/** The address to open, or undefined for one that must not be opened. */
export function openable(address: string): string | undefined {
	const url = urlOf(address);
	if (!url || url.username !== '' || url.password !== '') return undefined;
	return url.href;
}

/** Sends what is typed there unencrypted to another machine. */
export function isInsecure(address: string): boolean {
	const url = urlOf(address);
	if (!url || url.protocol !== 'http:' || !/^http:/i.test(address.trim())) return false;
	return !/^(localhost|127(\.\d+){3}|\[::1\])$|\.localhost$/.test(url.hostname);
}

/** Whether an address with this rule holds for the page `shown`. */
export function matches(address: string, rule: MatchRule | null, shown: string): boolean {
	const page = urlOf(shown);
	const ours = urlOf(address);
	if (!page || !ours) return false;
	switch (rule ?? 'domain') {
		case 'domain': {
			const base = ours.hostname.replace(/^www\./, '');
			const host = page.hostname.replace(/^www\./, '');
			// An address in numbers, or a name without a dot, has nothing below it.
			const whole = /^[\d.]+$|^\[|^[^.]+$/.test(base);
			return host === base || (!whole && host.endsWith(`.${base}`));
		}
		case 'host':
			return page.host === ours.host;
		case 'starts':
			return page.href.startsWith(ours.href);
		case 'exact':
			return page.href === ours.href;
		case 'pattern':
		case 'never':
			return false;
	}
}
