// Everything a person has is on their device: there is nothing to render on a server.
export const ssr = false;
