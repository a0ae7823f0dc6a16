// The figures that later runs are compared with are those of the last release, kept when it is made and not again: if they
// followed every run, what is lost a little at a time would never be seen.

/** @returns why a run is not kept as that of `release`; null: it is */
export function whyNotKept(
  release: string,
  { version, kept }: { version: string; kept: string | null },
): string | null {
  if (release !== version) return `--release ${release}: package.json says ${version}`;
  if (release === kept) return `--release ${release}: bench/baseline.json has the figures of ${kept} already`;
  return null;
}
