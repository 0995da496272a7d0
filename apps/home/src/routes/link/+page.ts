// It shows what the device says, which no server knows.
export const ssr = false;
