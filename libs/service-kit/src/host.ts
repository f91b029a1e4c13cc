import type { InputBorder } from '@sedge/tool-contracts';
import type { Machine } from './machine.js';

/** What a service needs to know of the process and the machine that it runs on. */
export interface Host {
  /** folder for everything that this process keeps: work directories, logs, environments */
  dataDirectory: string;
  /** folders with a subfolder per stage and in it one per tool, each with a `tool.yaml` */
  toolDirectories: string[];
  /** from where jobs take inputs of this machine */
  border: InputBorder;
  /** names this process in leases and logs; another one after each start */
  worker: string;
  /** whether no other process shares the database: then leases of other workers are dead, without waiting for them to expire */
  isAlone: boolean;
  /** how long a worker may be silent before its job is given to another */
  leaseS: number;
  machine: Machine;
  /** base address of the HTTP API of this process as other services reach it, or null in the all-in-one process */
  url: string | null;
  /** the team that owns a stage, by its name; a stage that is not listed belongs to nobody in particular */
  teams: Readonly<Record<string, string>>;
  /** headers by which this process shows other services who it is */
  authorization(): Record<string, string>;
  /** base address at which any copy of this service answers; that of this process where it is alone */
  serviceUrl: string | null;
}

export const HOST = Symbol('Host');
