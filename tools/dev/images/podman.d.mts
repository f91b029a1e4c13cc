import type { ExecFileSyncOptions } from 'node:child_process';

export declare const IMAGES_FOLDER: string;
export declare const BUILD_OPTIONS: string[];
export declare function podmanEnvironment(): NodeJS.ProcessEnv;
/** @returns what podman prints. @throws Error with its own words */
export declare function podman(args: string[], options?: ExecFileSyncOptions): string;
export declare function imageExists(name: string): boolean;
