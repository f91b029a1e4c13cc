/** What the tools of this stage refuse, and what to do about it. Codes are stable for ever. */
export const DEPLOYMENT_ERRORS = {
  DEPLOY_USE_UNKNOWN: {
    sentence: 'The model does not say what its outputs mean or how its input is made.',
    mend: 'Give the parameters classes and preprocessing, or a model that carries them.',
  },
  DEPLOY_MODEL_REFUSED: {
    sentence: 'LNE can not import the model.',
    mend: 'The message names the layer and what is supported in its place.',
  },
  DEPLOY_PLAN_REFUSED: {
    sentence: 'The plan does not fit the model.',
    mend: 'Change the layer that the message names, or leave the plan away.',
  },
  DEPLOY_PLUGIN_UNKNOWN: {
    sentence: 'There is no such plugin, or the library that it calls is not here.',
    mend: 'Choose among those that the message names, or install the library as it says.',
  },
  DEPLOY_APPLICATION_REFUSED: {
    sentence: 'The application file declares what can not be made.',
    mend: 'Correct it at the line that the message names; docs/reference/applications.md lists the modules.',
  },
  DEPLOY_APPLICATION_FILE: {
    sentence: 'The application names a file that this step was not given.',
    mend: 'Name models as model.onnx, second.onnx and third.onnx, and give the inputs of these names.',
  },
  DEPLOY_CALIBRATION_DIFFERS: {
    sentence: 'The calibration features are not of the kind that the model takes.',
    mend: 'Give the features that the model was trained on, or leave them away.',
  },
  DEPLOY_RECORDINGS_UNREADABLE: {
    sentence: 'The recordings to try the program on are no data set that can be read.',
    mend: 'Ingest them again, or leave them away.',
  },
  BUILD_CMAKE_MISSING: {
    sentence: 'CMake is not on this machine.',
    mend: 'Install it, e.g. apt-get install cmake.',
  },
  BUILD_COMPILER_MISSING: {
    sentence: 'There is no C++17 compiler on this machine.',
    mend: 'Install one, e.g. apt-get install g++ make.',
  },
  BUILD_LIBRARY_MISSING: {
    sentence: 'The application calls a library that this machine does not have.',
    mend: 'Install it as the message says, or deploy without the plugin over it.',
  },
  BUILD_TARGET_FOREIGN: {
    sentence: 'The application was generated for a processor that this machine does not have.',
    mend: 'Deploy with target: native, or build it on a machine of the target.',
  },
  BUILD_FAILED: {
    sentence: 'The application does not compile.',
    mend: "See the compiler's words in the message.",
  },
  BUILD_SELF_TEST_FAILED: {
    sentence: 'The built program computes something else than the model it was made from.',
    mend: 'The message names the first layer that differs; build it with another compiler, or report it.',
  },
} as const;

export type DeploymentErrorCode = keyof typeof DEPLOYMENT_ERRORS;
