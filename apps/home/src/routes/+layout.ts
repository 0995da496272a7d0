// Both pages are written out when the suite is built.
export const prerender = true;
