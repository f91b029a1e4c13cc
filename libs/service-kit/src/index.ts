export { ACCESS, Access } from './access/access.js';
export { AccessGuard } from './access/access-guard.js';
export { TokenReader, makeKeyPair, makeToken, type KeyPair } from './access/access-tokens.js';
export { knownBeforeBody } from './access/before-body.js';
export { SCOPES, type Caller, type Scope } from './access/caller.js';
export { ACCESS_ERRORS } from './access/errors.js';
export { AskedBy, Needs, Open } from './access/needs.js';
export { Teams } from './access/teams.service.js';
export { undeclaredRoutes } from './access/undeclared-routes.js';
export { Answers, HandsOn, type AnswerTable, type RouteAnswer } from './answers/answers.js';
export type { Bytes, JsonLines, ServerSentEvents } from './answers/streams.js';
export { routesOf, type Route } from './answers/routes.js';
export { ErrorFilter } from './errors/error.filter.js';
export { BACK_END_MEND, BODY_STATUSES, HTTP_ERRORS } from './errors/http-errors.js';
export { JsonBodies } from './errors/json-bodies.js';
export { ServiceError, errorsOf, type ErrorRow, type ErrorTable } from './errors/service-error.js';
export { FindsNul, requestValidation, sentencesOf } from './errors/validation.js';
export { EventSubscriber, type AfterCommit, type EventHandlers } from './events/event-subscriber.service.js';
export { HOST, type Host } from './host.js';
export { describeMachine, machineValuesFor, threadsFor, type Machine } from './machine.js';
export { METRICS, type MetricDefinition } from './metrics/metric-table.js';
export { PROCESS_METRICS, ProcessMetrics, type SetGauge } from './metrics/process-metrics.js';
export { PeriodicWork } from './periodic-work.js';
export { SERVICE_NAME } from './service-name.js';
export {
  childOf,
  formatTraceparent,
  newTrace,
  parseTraceparent,
  spanNamed,
  type TraceContext,
} from './tracing/trace-context.js';
export { NO_TRACING, TRACING, inFirstSpan, inSpan, type Span, type Tracing } from './tracing/tracing.js';
export { ServiceModule, type ServiceOptions } from './service.module.js';
export { MOST_INTEGER } from './state/column-limits.js';
export { openSchema } from './state/open-schema.js';
export { Transactions, type EventContext, type Transaction } from './state/transactions.service.js';
export { STAGE_ERRORS } from './errors.js';
export { layOutJob, type JobLayout } from './jobs/job-files.js';
export type { LogLine } from './jobs/job-log.js';
export { foldersOf, removeFolder, workDirectoryOf, type JobFolders } from './jobs/job-folders.js';
export { storeOutputs, type StoredOutput } from './jobs/outputs.js';
export type { JobState } from './jobs/job.js';
export type { JobWait } from './jobs/job-wait.js';
export type { AttemptView, ClaimView, JobView } from './stage/job-view.js';
export { StageDirectory } from './stage/stage-directory.js';
export type { StageOptions } from './stage/stage-options.js';
export { StageModule } from './stage/stage.module.js';
export { offeredTools, type FoundTool } from './tools/offered-tools.js';
export type { RefusedTool, StageTool } from './tools/tool-catalog.service.js';
export { checkToolDefinition, parseToolFile, type ToolFileMistake, type ToolFileReading } from './tools/tool-file.js';
export { TOOL_DEFINITION_SCHEMA } from './tools/tool-file-schema.js';
