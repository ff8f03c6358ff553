import type { Cases, Index } from "../test/agree.js";

/** The modules that a proof is of. */
export interface At {
  types: string;
  schemas: string;
  proof: string;
}

export function fixtures(): Record<string, Cases>;
export function index(): Index;
export function fixtureProof(types: Index, cases: Record<string, Cases>, at?: At): string;
export function assignableProof(types: Index, at?: At): string;
export function exhaustiveProof(some?: (name: string) => boolean, at?: At): string;
export const folder: string;
