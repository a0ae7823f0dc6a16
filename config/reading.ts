// What every part of the configuration is read with: who is told of a problem, what is set, and what is left out where it is not.
import type { VariableName } from './variables.ts';

/** @param message goes on after the variable's name */
export type Report = (name: VariableName, code: string, message: string) => void;

export type IsSet = (name: VariableName) => boolean;

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the keys whose value is undefined: "not set" is an absent key. */
export const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
