/** Injection token of the `Machine` that this process runs on. */
export const MACHINE = Symbol('Machine');
