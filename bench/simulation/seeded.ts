// Random numbers that are the same for the same seed, on every machine.

export interface Seeded {
  /** At least 0, less than 1. */
  next(): number;
  /** How often something happens that happens `mean` times on average; a whole number. */
  poisson(mean: number): number;
}

/** @param seed a whole number */
export function createSeeded(seed: number): Seeded {
  // xorshift32 (Marsaglia, "Xorshift RNGs", 2003). Its state must not be zero, and near seeds must not begin alike.
  let state = Math.imul(seed | 0, 0x9e3779b1) ^ 0x6a09e667 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let turn = 0; turn < 8; turn++) next();

  /** Box and Muller's; mean 0, deviation 1. */
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

  return {
    next,
    poisson(mean) {
      // The product of uniforms would underflow for a large mean, where the normal distribution is as good.
      if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
      const end = Math.exp(-mean);
      let count = 0;
      for (let product = next(); product > end; product *= next()) count++;
      return count;
    },
  };
}
