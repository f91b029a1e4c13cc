/** @returns path of the interpreter, from the top of the workspace */
export declare function referencePython(): Promise<string>;
export declare function trainingPython(): Promise<string>;
