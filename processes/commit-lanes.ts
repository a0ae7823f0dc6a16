// How many of a process's connections one kind of batched statement may take at once.

/**
 * Commits, reads of jobs and reads of facts each have lanes of their own; a third for each leaves none of them to
 * wait for the others.
 */
export const commitLanes = (poolMax: number): number => Math.max(1, Math.floor(poolMax / 3));
