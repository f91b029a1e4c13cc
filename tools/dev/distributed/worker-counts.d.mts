export function workerCounts(texts: readonly string[], stages: readonly string[]): Record<string, number>;
