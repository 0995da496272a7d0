// A list of links: it needs no script, and so has none.
export const csr = false;
