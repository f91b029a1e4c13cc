export interface Attempt {
  job: string;
  number: number;
  outcome: string | null;
}

export declare function faultsOfExecutions(
  ledger: string,
  attempts: readonly Attempt[],
  askers: ReadonlyMap<string, number>,
): string[];
