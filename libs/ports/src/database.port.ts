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
  close(): Promise<void>;
}

export const DATABASE = Symbol('Database');
