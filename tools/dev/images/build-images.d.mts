/** every image that deploy/images/Dockerfile makes */
export declare function imageNames(): string[];
export declare function tagOf(name: string): string;
export declare function imageBytes(name: string): number;
/** images of back ends, by the variables of compose.yml that name them */
export declare function backEndImages(): Record<string, string>;
export declare function buildImages(): Promise<void>;
export declare const VERSION: string;
