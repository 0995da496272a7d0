// For svelte-check and editors, which look here for the components of this folder; the apps build them.
export default { compilerOptions: { runes: true } };
