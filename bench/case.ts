// What a benchmark is: one file in cases/, one run from an empty database to its figures.
import type { Workbench } from './workbench.ts';

/** By the names that figures.ts explains. */
export type Figures = Record<string, number>;

export interface Case {
  name: string;
  /** Cases of a group take turns (A B C, A B C, …), so that whatever else the machine does meets all of them. */
  group: string;
  /** False: the figures do not scatter enough to be worth a second run. */
  repeated: boolean;
  /** Measures what is not Pawl, and no floor that anything is divided by either: `--compare` has no use for it. */
  isPeer?: boolean;
  /** Names of cases whose figures it uses; they run before it. */
  needs?: readonly string[];
  /** Name of the case that its timed figures are divided by, when they are compared (compare.ts). */
  floor?: string;
  /** Once before the first run: fetches what is not part of this repository. When it throws, the case is left out. */
  prepare?(log: (line: string) => void): Promise<void>;
  /**
   * Everything from scratch, on a workbench of its own. Throws when something went wrong: no figure is better than a wrong
   * one.
   * @param soFar the newest value of a figure that a case before it measured; throws when there is none
   */
  run(bench: Workbench, soFar: (figure: string) => number): Promise<Figures>;
}
