/** Mistakes in a workflow, found before anything runs. Codes are stable for ever. */
export const MISTAKES = {
  WORKFLOW_YAML_INVALID: {
    sentence: 'The text is not YAML 1.2 that a workflow can be.',
    mend: 'Mend the syntax at the place named.',
  },
  WORKFLOW_TOO_LARGE: {
    sentence: 'The text or its graph is larger than what is read.',
    mend: 'Split the workflow, or sweep over a list instead of repeating steps.',
  },
  WORKFLOW_STEPS_TOO_MANY: {
    sentence: 'The workflow has more steps, sweeps expanded, than the service takes.',
    mend: 'Sweep over fewer values, split the workflow, or raise the setting maxSteps.',
  },
  WORKFLOW_KEY_UNKNOWN: { sentence: 'A key is not part of the grammar.', mend: 'Write the key that is suggested.' },
  WORKFLOW_KEY_MISSING: { sentence: 'A key that is needed is missing.', mend: 'Add it.' },
  WORKFLOW_KEY_DUPLICATE: { sentence: 'A key is given twice.', mend: 'Remove one of them.' },
  WORKFLOW_VALUE_INVALID: {
    sentence: 'A value has a form that the grammar does not know there.',
    mend: 'Write it as the message says.',
  },
  WORKFLOW_NAME_INVALID: {
    sentence: 'A step, input or parameter has a name that references can not use.',
    mend: 'Use letters, digits, _ and -, a letter first.',
  },
  WORKFLOW_NAME_TAKEN: {
    sentence: 'An input and a parameter have the same name.',
    mend: 'Rename one: `--set` takes either by its name.',
  },
  WORKFLOW_STEP_INVALID: {
    sentence: 'A step is not exactly one of tool, choose and await.',
    mend: 'Give it one of them.',
  },
  WORKFLOW_REFERENCE_INVALID: {
    sentence: 'A reference can not be read, or stands where it has no meaning.',
    mend: 'Write $inputs.NAME, $parameters.NAME, $STEP, $STEP.OUTPUT or $STEP.OUTPUT.METRIC.',
  },
  WORKFLOW_REFERENCE_UNKNOWN: {
    sentence: 'A reference names a step, input, parameter or entry that is not there.',
    mend: 'Write the name that is suggested.',
  },
  WORKFLOW_OUTPUT_UNKNOWN: {
    sentence: 'A step has no output of that name, or several where the short form is used.',
    mend: 'Name one of its outputs.',
  },
  WORKFLOW_METRIC_UNKNOWN: {
    sentence: "An output's report has no metric of that name.",
    mend: 'Name one of its metrics.',
  },
  WORKFLOW_TOOL_UNKNOWN: {
    sentence: 'No stage has registered a tool of that name.',
    mend: 'Write the name that is suggested, or start the stage that has it.',
  },
  WORKFLOW_TOOL_VERSION_UNKNOWN: {
    sentence: 'The tool is there, but not in that version.',
    mend: 'Name a version that is there, or none for the newest.',
  },
  WORKFLOW_INPUT_UNKNOWN: {
    sentence: 'The tool has no input of that name.',
    mend: 'Write the name that is suggested.',
  },
  WORKFLOW_INPUT_MISSING: { sentence: 'An input that the tool needs is not given.', mend: 'Add it under in.' },
  WORKFLOW_INPUT_UNSET: {
    sentence: 'An input of the workflow says nowhere where its data come from.',
    mend: 'Give it from:, or `--set NAME=PATH`.',
  },
  WORKFLOW_KIND_MISMATCH: {
    sentence: 'An artifact of that kind can not go into that input.',
    mend: 'Bind an output of a kind that the input takes.',
  },
  WORKFLOW_CYCLE: { sentence: 'Steps wait for each other in a circle.', mend: 'Remove one of the references.' },
  WORKFLOW_PARAMETER_UNKNOWN: {
    sentence: 'The tool has no parameter of that name.',
    mend: 'Write the name that is suggested.',
  },
  WORKFLOW_PARAMETER_MISSING: { sentence: 'A parameter that the tool needs is not given.', mend: 'Add it under with.' },
  WORKFLOW_PARAMETER_INVALID: {
    sentence: "A parameter's value is not one that the tool takes.",
    mend: 'Give a value that the message allows.',
  },
  WORKFLOW_SWEEP_INVALID: {
    sentence: 'A sweep is not over a list of values.',
    mend: 'Write a list with at least one value.',
  },
  WORKFLOW_EACH_INVALID: {
    sentence: 'each is not over a list, or $each is used without it.',
    mend: 'Write a list, or $parameters.NAME of one.',
  },
  WORKFLOW_CHOOSE_INVALID: {
    sentence: 'A choice is not among the items of one sweep by one number each.',
    mend: 'Choose from a swept step, by a metric of a step that has the same items.',
  },
  WORKFLOW_ALL_INVALID: {
    sentence: 'Several artifacts are given where one is taken, or the other way round.',
    mend: 'Use { all: $STEP.OUTPUT } or a list for inputs that take many, a plain reference for others.',
  },
  WORKFLOW_EXPECT_INVALID: {
    sentence: 'An expectation can not be read.',
    mend: 'Write METRIC OPERATOR NUMBER, e.g. top1 >= 0.85.',
  },
  WORKFLOW_SET_UNKNOWN: {
    sentence: '`--set` names neither an input nor a parameter.',
    mend: 'Write the name that is suggested.',
  },
  WORKFLOW_TOOL_SCHEMA_INVALID: {
    sentence: "A tool's own parameter schema can not be used.",
    mend: 'Mend the tool.yaml of the tool.',
  },
} as const;

export type MistakeCode = keyof typeof MISTAKES;

/** Why a step of a run, or a request about a run, failed. Codes are stable for ever. */
export const FAILURES = {
  WORKFLOW_INVALID: { sentence: 'The workflow has mistakes; nothing was started.', mend: 'Mend the mistakes listed.' },
  WORKFLOW_RUN_UNKNOWN: { sentence: 'There is no run of that id.', mend: 'List the runs.' },
  WORKFLOW_STEP_UNKNOWN: { sentence: 'The run has no step of that name.', mend: 'Name one of its steps.' },
  WORKFLOW_TOOL_NOT_REGISTERED: {
    sentence: 'No stage has registered a tool of that name.',
    mend: 'List the tools; start the stage that has it.',
  },
  WORKFLOW_RUN_ACTIVE: { sentence: 'The run is still under way.', mend: 'Wait for its end or cancel it first.' },
  WORKFLOW_RUN_COMPLETE: {
    sentence: 'The run has ended well; there is nothing to run again.',
    mend: 'Start a new run.',
  },
  WORKFLOW_CURSOR_INVALID: {
    sentence: 'The cursor is not one that a list gave.',
    mend: 'Use nextCursor of the page before, or none.',
  },
  WORKFLOW_IDEMPOTENCY_CONFLICT: {
    sentence: 'The Idempotency-Key was used for another request.',
    mend: 'Use a fresh key.',
  },
  WORKFLOW_EXPECTATION_MISSED: {
    sentence: 'A metric is not as the step expects, so the run was stopped.',
    mend: 'Mend the cause, or change the expectation.',
  },
  WORKFLOW_METRIC_MISSING: {
    sentence: 'A report does not have the metric that a step reads.',
    mend: 'Read one that it has.',
  },
  WORKFLOW_AWAIT_TIMED_OUT: {
    sentence: 'Nobody published the awaited artifact in time.',
    mend: 'Start the one who does, or wait longer with timeout.',
  },
  WORKFLOW_STEP_TIMED_OUT: {
    sentence: 'A step took longer than its timeout.',
    mend: 'Give it more time with timeout.',
  },
  WORKFLOW_PARAMETER_REFUSED: {
    sentence: 'A number from a report is not one that the tool takes as a parameter.',
    mend: 'Read another metric or change the parameter.',
  },
  WORKFLOW_TOOLS_CHANGED: {
    sentence: 'The tools changed under the run so that its workflow does not fit them any more.',
    mend: 'Mend the workflow and start a new run.',
  },
  WORKFLOW_PLAN_TIMED_OUT: {
    sentence: 'The inputs were not brought in within the time that a plan waits.',
    mend: 'Start a run, which waits as long as it takes.',
  },
  WORKFLOW_STAGE_UNREACHABLE: {
    sentence: 'The stage that has the job does not answer.',
    mend: 'Start the stage, then ask again.',
  },
} as const;

export type FailureCode = keyof typeof FAILURES;
