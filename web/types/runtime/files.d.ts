// The build writes it: the large parts of Python, their hashes, and the memory that Python starts from.
export const FILES: Readonly<Record<string, { integrity: string; bytes: number; early?: boolean }>>;
/** The file, its bytes once unpacked, and the wheels of this folder that are installed in it. */
export const SNAPSHOT: Readonly<{ file: string; bytes: number; packages: readonly string[] }> | null;
