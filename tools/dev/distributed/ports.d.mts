export declare class Ports {
  static open(file: string, options?: { from?: number; say?: (line: string) => void }): Promise<Ports>;
  of(name: string): Promise<number>;
}
