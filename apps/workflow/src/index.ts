export { WorkflowModule } from './workflow.module.js';
export { ParameterChecker, type ParameterProblem } from './domain/parameter-checker.js';
export type { CheckAnswer, CheckedStep } from './api/workflows.controller.js';
export type { WaitView } from './domain/item-wait.js';
export type { GarbagePlan } from './domain/garbage-plan.js';
export type { Mistake } from './domain/mistake.js';
export type { Plan, PlanItem, PlanStep, PlannedState } from './domain/plan.js';
export type { ItemReason, Why } from './domain/run-reasons.js';
export type { ItemView, ProgressView, RunPage, RunSummary, RunView } from './domain/run-view.js';
