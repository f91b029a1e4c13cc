/** Mistakes in a workflow, found before anything runs. Codes are stable for ever. */
export const MISTAKES = {
  WORKFLOW_YAML_INVALID: {
    sentence: 'The text is not YAML 1.2 that a workflow can be.',
    mend: 'Mend the syntax at the place named.',
  },
  WORKFLOW_TOO_LARGE: {
    sentence: 'The text or its graph is larger than what is read.',
    mend: 'Sweep over a list instead of repeating steps, split the workflow, or raise SEDGE_MAX_CHARACTERS.',
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
  WORKFLOW_ARTIFACT_UNKNOWN: {
    sentence: 'An input names an artifact that is not there.',
    mend: 'Name one that `npx sedge artifacts list --kind source` shows, or give the path or address of the data.',
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
  WORKFLOW_AGAIN_UNKNOWN: {
    sentence: '`--again` names no step of the workflow.',
    mend: 'Write the name that is suggested, or `*` for all.',
  },
  WORKFLOW_TOOL_SCHEMA_INVALID: {
    sentence: "A tool's own parameter schema can not be used.",
    mend: 'Mend the tool.yaml of the tool.',
  },
} as const;

export type MistakeCode = keyof typeof MISTAKES;

/** Answers to requests that can't be met. Codes are stable for ever. */
export const WORKFLOW_ERRORS = {
  WORKFLOW_INVALID: {
    status: 422,
    sentence: 'the workflow {file} has {count}, so nothing was started',
    mend: 'mend what is listed in details',
  },
  WORKFLOW_RUN_UNKNOWN: { status: 404, sentence: 'there is no run {run}', mend: 'list the runs: npx sedge runs list' },
  WORKFLOW_STEP_UNKNOWN: {
    status: 404,
    sentence: 'the run {run} has no step {step} whose job was asked for',
    mend: 'show its steps: npx sedge runs show {run}',
  },
  WORKFLOW_TOOL_NOT_REGISTERED: {
    status: 404,
    sentence: 'no stage has registered a tool {tool}',
    mend: '{suggestion}; list the tools: npx sedge tools list',
  },
  WORKFLOW_RUN_ACTIVE: {
    status: 409,
    sentence: 'the run {run} is still under way',
    mend: 'wait for its end, or cancel it first',
  },
  WORKFLOW_RUN_COMPLETE: {
    status: 409,
    sentence: 'the run {run} has ended already ({state})',
    mend: 'start a new run of its workflow; finished steps are reused',
  },
  WORKFLOW_CANCEL_DELAYED: {
    status: 503,
    sentence: 'the run {run} is not cancelled yet: what it is at takes long, or can not be written down just now',
    mend: 'ask again: it ends as soon as that is over; what delays it stands in the log of the workflow service',
  },
  WORKFLOW_CURSOR_INVALID: {
    status: 400,
    sentence: 'the cursor is not one that a list gave',
    mend: 'use nextCursor of the page before, or none',
  },
  WORKFLOW_IDEMPOTENCY_CONFLICT: {
    status: 409,
    sentence: 'the Idempotency-Key was used for another request',
    mend: 'use a fresh key for each different request',
  },
  WORKFLOW_PLAN_TIMED_OUT: {
    status: 504,
    sentence: 'the inputs were not brought in within {seconds} s',
    mend: 'ask again: what is there already is kept; or start a run, which waits as long as it takes',
  },
  WORKFLOW_PLAN_INPUT_FAILED: {
    status: 422,
    sentence: 'the input {input} could not be brought in: {reason}',
    mend: 'mend its address under inputs, or set another with --set',
  },
  WORKFLOW_STAGE_UNREACHABLE: {
    status: 502,
    sentence: 'the stage {stage}, which has the job, does not answer: {reason}',
    mend: 'start the stage, then ask again',
  },
} as const;

/** Why a step of a run failed or was not run. Codes are stable for ever; a job's own failures carry the codes of its stage and tool. */
export const STEP_FAILURES = {
  WORKFLOW_EXPECTATION_MISSED: {
    sentence: 'A metric is not as the step expects, so the run was stopped.',
    mend: 'Mend the cause, or change the expectation.',
  },
  WORKFLOW_METRIC_MISSING: {
    sentence: 'A report does not have the metric that a step reads.',
    mend: 'Read one that it has.',
  },
  WORKFLOW_OUTPUT_ABSENT: {
    sentence: 'A step reads an optional output that was not given this time.',
    mend: 'Read another output, or have the step give it.',
  },
  WORKFLOW_INPUT_DAMAGED: {
    sentence: 'An artifact that an input names is not whole in the store.',
    mend: 'Run the workflow again from where the data lie: what is stored again mends the artifact.',
  },
  WORKFLOW_REPORT_DAMAGED: {
    sentence: 'A report that a step reads a number from, or an output that is checked, can not be read.',
    mend: 'Run the workflow again: results are verified, and damaged ones made anew.',
  },
  WORKFLOW_OUTPUT_INVALID: {
    sentence: 'An output of a tool does not fit the schema that its kind was registered with.',
    mend: 'Mend the tool; the schema is at `GET /v1/kinds/KIND`.',
  },
  WORKFLOW_AWAIT_TIMED_OUT: {
    sentence: 'Nobody published the awaited artifact in time.',
    mend: 'Start the one who does, or wait longer with timeout.',
  },
  WORKFLOW_STEP_TIMED_OUT: {
    sentence: 'A step took longer than its timeout.',
    mend: 'Give it more time with timeout.',
  },
  WORKFLOW_STEP_SKIPPED: {
    sentence: 'A step that it reads failed.',
    mend: 'Mend the failed step, then retry the run.',
  },
  WORKFLOW_RUN_STOPPED: {
    sentence: 'The run was stopped before it got to this step.',
    mend: 'See the step that stopped it.',
  },
  WORKFLOW_PARAMETER_REFUSED: {
    sentence: 'A number from a report is not one that the tool takes as a parameter.',
    mend: 'Read another metric or change the parameter.',
  },
  WORKFLOW_JOB_TOO_LARGE: {
    sentence: 'The artifacts and parameters of a step are more than a request for its job carries.',
    mend: 'Collect in groups, with a step for each and one that collects those; put a long text into an artifact.',
  },
  WORKFLOW_TOOLS_CHANGED: {
    sentence: 'The tools changed under the run so that its workflow does not fit them any more.',
    mend: 'Mend the workflow and start a new run.',
  },
  WORKFLOW_JOB_CANCELLED: {
    sentence: 'The job was cancelled again and again by others.',
    mend: 'Retry the run when nobody cancels the job.',
  },
} as const;

export type StepFailureCode = keyof typeof STEP_FAILURES;
