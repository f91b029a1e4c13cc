import type { DataSourceOptions } from 'typeorm';

export interface ServiceSchema {
  /** PostgreSQL schema, one per service */
  name: string;
  entities: Function[];
  migrations: Function[];
}

/** Gives a service its connection settings: embedded PostgreSQL or a server. Same SQL, same migrations. */
export interface Database {
  optionsFor(schema: ServiceSchema): DataSourceOptions;
  /** Runs `work` while no other process does the same for this schema: copies of a service that start at once must not migrate at once. */
  exclusively<Result>(schema: string, work: () => Promise<Result>): Promise<Result>;
  /** @throws Error while the database does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export const DATABASE = Symbol('Database');
