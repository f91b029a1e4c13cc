/** @returns how many files were written */
export declare function transpileProject(project: string): number;
