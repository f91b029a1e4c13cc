export declare function userSettings(
  environment: Record<string, string | undefined>,
  from: string,
  stages: readonly string[],
): { settings: Record<string, string>; lines: string[] };
export declare function assertSettings(settings: Record<string, string>): Promise<void>;
