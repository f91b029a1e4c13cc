export { DatabaseUnreachableError, PostgresDatabase, type PostgresOptions } from './postgres.adapter.js';
export { provisionServices, urlFor, type ServiceAccount } from './provision.js';
