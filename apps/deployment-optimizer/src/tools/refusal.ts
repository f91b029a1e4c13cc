import { ToolError } from '@sedge/tool-contracts';
import type { DeploymentErrorCode } from '../errors.js';

/** A refusal of this stage, with a code from its table. */
export function refusal(code: DeploymentErrorCode, message: string): ToolError {
  return new ToolError(code, message);
}
