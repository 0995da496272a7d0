// The one policy of every page and worker, in the shape SvelteKit takes it. Kit adds the hash of its start script
// and writes the result into each page as a <meta>; the server turns that into a header and adds
// `frame-ancestors 'none'`, which a <meta> cannot carry. Workers get the same policy without the hash.

/**
 * The Trusted Types policies that exist in the suite, and no others: Svelte's own for its compiled templates,
 * SvelteKit's own for its service worker, and the platform's for the addresses of its workers.
 */
const trustedTypes = ['svelte-trusted-html', 'sveltekit-trusted-url', 'platform-url'];

export const contentSecurityPolicy = {
	'default-src': ['none'],
	'script-src': ['self', 'wasm-unsafe-eval'],
	'style-src': ['self'],
	// The one inline style attribute there is: SvelteKit's route announcer.
	'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
	'img-src': ['self', 'blob:', 'data:'],
	'font-src': ['self'],
	// Covers the home node's WebSocket, /p2p of the same origin.
	'connect-src': ['self'],
	'worker-src': ['self'],
	'manifest-src': ['self'],
	'base-uri': ['none'],
	'form-action': ['none'],
	'object-src': ['none'],
	'require-trusted-types-for': ['script'],
	'trusted-types': trustedTypes
};

/** Words that stand in quotes in a policy; everything else (schemes, policy names) stands bare. */
const quoted = /^(none|self|script|wasm-unsafe-eval|unsafe-hashes|sha256-.*)$/;

/** The policy as a header, for what is not a page of SvelteKit's: workers, the home page. */
export const policyHeader = Object.entries(contentSecurityPolicy)
	.map(([directive, sources]) => `${directive} ${sources.map((s) => (quoted.test(s) ? `'${s}'` : s)).join(' ')}`)
	.concat("frame-ancestors 'none'")
	.join('; ');
