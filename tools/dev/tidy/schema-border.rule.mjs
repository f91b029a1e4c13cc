// JSON Schemas from outside are compiled by the one maker of validators, whose patterns take linear time.
import { readFileSync } from 'node:fs';

const MAKER = 'libs/tool-contracts/src/schema-validator.ts';

export function check(files) {
  return files
    .filter((path) => /^(apps|libs)\/.*\.ts$/.test(path) && !/\.spec\.ts$/.test(path) && path !== MAKER)
    .filter((path) => /\bnew Ajv/.test(readFileSync(path, 'utf8')))
    .map((path) => `${path}: take schemaValidator() of @sedge/tool-contracts, whose patterns take linear time`);
}
