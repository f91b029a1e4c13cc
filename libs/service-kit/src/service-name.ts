/** Injection token of the service's name, e.g. `training`: of its schema, its event source and its consumers. */
export const SERVICE_NAME = Symbol('ServiceName');
