import { isIP } from 'node:net';
import type { InputHosts } from '@sedge/tool-contracts';
import { partsOf, type SettingReading } from './structured-setting.js';

const EVERYWHERE = '*';
const NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
/** What looks like numbers alone is an address, or a mistake in one. */
const NUMBERS = /^[0-9.]+$/;
const MEND =
  'write names and networks like minio.internal, *.example.org, 10.1.2.3 or fd00:1234::/32, without scheme and port';

/**
 * Reads SEDGE_INPUT_HOSTS: from where inputs come beside public addresses. A name stands for whatever it resolves to, `*.NAME` for all names
 * below, an address or network for itself; `*` alone for everything.
 * @returns null for everything
 */
export function readInputHosts(text: string): SettingReading<InputHosts | null> {
  if (text.trim() === EVERYWHERE) return { value: null, mistakes: [] };
  const names: string[] = [];
  const networks: InputHosts['networks'][number][] = [];
  const mistakes: string[] = [];
  for (const { text: part, place } of partsOf('SEDGE_INPUT_HOSTS', text.toLowerCase())) {
    const network = networkIn(part);
    if (network !== null) networks.push(network);
    else if (NAME.test(part) && !NUMBERS.test(part)) names.push(part);
    else if (part === EVERYWHERE)
      mistakes.push(`${place} stands for everything: leave the other parts, or this one, away`);
    else mistakes.push(`${place} is neither a name nor a network: ${MEND}`);
  }
  return { value: { names, networks }, mistakes };
}

function networkIn(text: string): InputHosts['networks'][number] | null {
  const [, address = '', bitsText] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return null;
  const most = family === 4 ? 32 : 128;
  const bits = bitsText === undefined ? most : Number(bitsText);
  return bits <= most ? { address, bits, family: family === 4 ? 'ipv4' : 'ipv6' } : null;
}
