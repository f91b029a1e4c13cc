/** every app that is a stage */
export declare function stages(): string[];
/** those that have work to do */
export declare function stagesWithTools(): string[];
