import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

/** A service as a compose file describes it, as far as ours do. */
export interface ComposeService {
  image: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  network_mode?: string;
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string | null>;
  volumes?: string[];
  tmpfs?: string[];
  ports?: string[];
  healthcheck?: { test: string[]; interval: string; timeout?: string; retries: number; start_period?: string };
  stop_grace_period?: string;
  depends_on?: Record<string, { condition: Condition }>;
  profiles?: string[];
  /** what is not passed on: nothing may end that it would start again */
  restart?: string;
}

/** Others would go untested. */
const KNOWN = new Set(
  'image user read_only cap_drop cap_add security_opt network_mode entrypoint command environment volumes tmpfs ports healthcheck stop_grace_period depends_on profiles restart'.split(
    ' ',
  ),
);

/**
 * Reads a compose file, its variables filled in, in an order in which nothing comes before what it depends on.
 * @param variables what its `${NAME:-default}` stand for
 * @throws Error where a service has a key that this reading does not know
 */
export function readComposeFile(file: string, variables: Record<string, string>): Map<string, ComposeService> {
  const filled = fill(parse(readFileSync(file, 'utf8'), { merge: true }), variables);
  const { services } = filled as { services: Record<string, ComposeService> };
  for (const [name, service] of Object.entries(services)) {
    const unknown = Object.keys(service).filter((key) => !KNOWN.has(key));
    if (unknown.length > 0) throw new Error(`${file}: ${name} has ${unknown.join(', ')}, which is not known here`);
  }
  const ordered = new Map<string, ComposeService>();
  const visit = (name: string): void => {
    if (ordered.has(name)) return;
    for (const dependency of Object.keys(services[name]!.depends_on ?? {})) visit(dependency);
    ordered.set(name, services[name]!);
  };
  for (const name of Object.keys(services)) visit(name);
  return ordered;
}

function fill(value: unknown, variables: Record<string, string>): unknown {
  if (Array.isArray(value)) return value.map((entry) => fill(entry, variables));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fill(entry, variables)]));
  }
  if (typeof value !== 'string') return value;
  return value.replace(
    /\$(?:(\$)|\{(\w+)(?::-([^}]*))?\})/g,
    (_, dollar?: string, name?: string, otherwise?: string) => {
      if (dollar !== undefined) return '$';
      const given = variables[name!];
      if (given !== undefined && given !== '') return given;
      if (otherwise === undefined) throw new Error(`the compose file wants the variable ${name}`);
      return otherwise;
    },
  );
}
