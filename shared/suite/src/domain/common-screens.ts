/** Whether a route is one of the screens that every app has: settings, pairing, joining. They stand alone. */
export function isCommonScreen(route: string | null): boolean {
	return /^\/(?:settings|pair|join)(?:\/|$)/.test(route ?? '');
}
