// What tests ask and are answered.
import type { Json } from '../engine/json.ts';

// biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for, and the compiler cannot
export interface Answer<T = any> {
  status: number;
  headers: Headers;
  body: T;
}

export interface RequestOptions {
  body?: Json;
  headers?: Record<string, string>;
}
