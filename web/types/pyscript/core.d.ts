// The part of PyScript that the page uses; the build copies the file of this name into the site.
export const hooks: { worker: { onBeforeRunAsync: Set<unknown> } };
export const stdlib: string;
