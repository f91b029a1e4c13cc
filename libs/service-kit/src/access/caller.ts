/** What a token lets its bearer do; each includes those before it. */
export const SCOPES = ['read', 'run', 'admin'] as const;

/** `read` looks, `run` starts and does work, `admin` removes what others made and speaks for every team. */
export type Scope = (typeof SCOPES)[number];

/** Who asks, as its token says. */
export interface Caller {
  /** for logs: a person, a service, a worker */
  subject: string;
  scope: Scope;
  /** the team whose stages it may act for */
  team: string | null;
}

/** Whoever can open the process's own socket is its operator, and so is everybody on a machine where no tokens are asked for. */
export const OPERATOR: Caller = { subject: 'operator', scope: 'admin', team: null };

export function covers({ scope }: Caller, wanted: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(wanted);
}

/** Whether the caller may act for a stage. @param owner the team that owns it; undefined: nobody in particular */
export function mayActFor(caller: Caller, owner: string | undefined): boolean {
  return owner === undefined || caller.team === owner || caller.scope === 'admin';
}
