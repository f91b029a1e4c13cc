import { stringify } from 'yaml';

/** Text of a workflow that makes a recognizer of recordings in one folder per class. @param from as it stands in the file */
export function audioWorkflow(name: string, from: string, classes: readonly string[]): string {
  const inline = (value: unknown): string => stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return `# From recordings in one folder per class to a program that recognizes them.
# Change what you like and run it again: only what changed is done again (sedge plan says what, sedge why says why).
name: ${inline(name)}
inputs:
  source: { from: ${inline(from)} }                # a folder, an archive or an address; --set source=PLACE
parameters:
  classes: ${inline(classes)}
  architecture: kws-res                            # sedge tools show train-pytorch lists the others
  iterations: 900                                  # more of them train longer and better
steps:
  recordings:
    tool: ingest-audio-folders                     # its report says which files were skipped, and why
    in: { source: $inputs.source }
    with: { classes: $parameters.classes, clipMs: 1000 }
  features:
    tool: extract-mfcc
    in: { dataset: $recordings.dataset }
    with: { sampleRateHz: 16000, frameMs: 128, strideMs: 32, bands: 40 }
  model:
    tool: train-pytorch
    in: { features: $features.features, dataset: $recordings.dataset }
    with: { architecture: $parameters.architecture, iterations: $parameters.iterations }
  accuracy:
    tool: benchmark-accuracy
    in: { model: $model.model, features: $features.features }
  application:
    tool: deploy-lne
    in: { model: $model.model, calibration: $features.features }
    with: { target: native }
  program:
    tool: build-application
    in: { application: $application.application }
  latency:
    tool: benchmark-latency
    in: { program: $program.program, model: $model.model }
`;
}
