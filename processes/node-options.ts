// What Node is told for processes that carry the load.

/**
 * Megabytes for young objects, of each of two halves; the default is 16. A worker makes some ten kilobytes an action, all of
 * it young: with more room fewer of them are still in use when it is swept. It was worth a tenth of the throughput.
 */
const YOUNG_MB = 64;

export const BUSY_PROCESS = [`--max-semi-space-size=${YOUNG_MB}`];
