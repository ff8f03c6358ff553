import type { Cases, Index } from "../test/agree.js";

export function fixtures(): Record<string, Cases>;
export function index(): Index;
export function fixtureProof(types: Index, cases: Record<string, Cases>): string;
export function assignableProof(types: Index, from?: string): string;
export const folder: string;
