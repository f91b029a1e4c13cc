import type { ToolDefinition, ToolPort } from '@sedge/tool-contracts';
import { table } from '../output/table.js';
import { bold, dim } from '../output/terminal.js';
import { counted } from '../output/units.js';

/** More than machines have: whoever asks for them gets what there is. */
const ALL_CORES = 1024;

export type ToolView = ToolDefinition & { digest: string; machine: Record<string, string>; registeredAt: string };

/** A tool for people: what it takes, gives and can be told. */
export function toolText(tool: ToolView): string {
  const { cpu, memoryMb, gpu, diskMb } = tool.resources;
  const needs = [
    cpu >= ALL_CORES ? 'all cores' : counted(cpu, 'core'),
    `${memoryMb} MB`,
    ...(gpu ? [`${gpu} GPU`] : []),
    ...(diskMb ? [`${diskMb} MB of disk`] : []),
  ];
  const repeats = {
    bitwise: 'same bytes anywhere',
    machine: 'same bytes on the same kind of machine',
    none: 'not repeatable',
  };
  return [
    `${bold(`${tool.name}@${tool.version}`)}  ${tool.summary}`,
    dim(
      `stage ${tool.stage}, runs as ${tool.runtime.kind}, needs ${needs.join(', ')}; ${repeats[tool.reproducibility.level]}`,
    ),
    dim(tool.digest),
    ...ports('takes', tool.inputs),
    ...ports('gives', tool.outputs),
    ...parameters(tool.parameters),
  ].join('\n');
}

function ports(title: string, entries: Record<string, ToolPort>): string[] {
  const rows = Object.entries(entries).map(([name, { kind, optional, many, description, metrics }]) => [
    `  ${name}`,
    `${kind}${many ? ', several' : ''}${optional ? ', may be left out' : ''}`,
    [description ?? '', ...(metrics ? [`metrics: ${metrics.join(', ')}`] : [])]
      .filter((text) => text !== '')
      .join('; '),
  ]);
  return rows.length === 0 ? [] : ['', table([title, 'kind', ''], rows)];
}

function parameters({ properties, required = [] }: ToolDefinition['parameters']): string[] {
  const rows = Object.entries(properties).map(([name, schema]) => [
    `  ${name}`,
    required.includes(name) ? 'must be given' : JSON.stringify(schema['default'] ?? null),
    [rangeText(schema), String(schema['description'] ?? '')].filter((text) => text !== '').join('; '),
  ]);
  return rows.length === 0 ? [] : ['', table(['parameter', 'default', ''], rows)];
}

function rangeText(schema: Record<string, unknown>): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(String).join(' | ');
  const type = [schema['type'] ?? []].flat().join(' or ');
  const bounds = [
    ...(schema['minimum'] === undefined ? [] : [`from ${String(schema['minimum'])}`]),
    ...(schema['maximum'] === undefined ? [] : [`to ${String(schema['maximum'])}`]),
  ];
  return [type, ...bounds].join(' ');
}
