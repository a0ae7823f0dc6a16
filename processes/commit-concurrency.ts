// How many of a process's connections one kind of batched statement may take at once.

/** Commits, reads of jobs and reads of facts take a third each at most: none of them waits for the others. */
export const commitConcurrency = (poolMax: number): number => Math.max(1, Math.floor(poolMax / 3));
