import { stringify } from 'yaml';

/** What is said of a model in place of the model itself; null leaves it to the model. */
export interface DeployChoices {
  target: string;
  classes: string[] | null;
  preprocessing: unknown;
  outputKind: string | null;
}

/**
 * A workflow that makes an application of one model file and, where this machine builds for its target, a program of it.
 * @param model absolute path
 */
export function deployWorkflow(model: string, choices: DeployChoices, isBuilt: boolean): string {
  const given = Object.entries(choices).filter(([, value]) => value !== null);
  return stringify({
    name: 'deploy',
    inputs: { model: { from: model } },
    steps: {
      application: { tool: 'deploy-lne', in: { model: '$inputs.model' }, with: Object.fromEntries(given) },
      ...(isBuilt && { program: { tool: 'build-application', in: { application: '$application.application' } } }),
    },
  });
}
