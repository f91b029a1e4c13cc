import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import type { InputHosts, ToolError } from '@sedge/tool-contracts';
import { refusal } from '../../errors.js';
import { isPublicAddress } from './public-address.js';

/** Finds the addresses of a name, as `dns.lookup` does. */
export type Resolve = (
  name: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Which hosts inputs come from: those of the internet, and those that the operator names. What counts is the address that is connected to, so
 * that a name which leads elsewhere from one moment to the next (DNS rebinding) gains nothing.
 */
export class AdmittedHosts {
  private readonly networks = new BlockList();

  /** @param hosts null: every host */
  constructor(
    private readonly hosts: InputHosts | null,
    private readonly resolve: Resolve = systemLookup,
  ) {
    for (const { address, bits, family } of hosts?.networks ?? []) this.networks.addSubnet(address, bits, family);
  }

  /** For an address that is given as numbers, which nobody looks up. @throws INGESTION_SOURCE_HOST */
  assertNumbers(url: URL): void {
    const host = hostOf(url);
    if (isIP(host) !== 0 && !this.admits(host, host)) throw refused(host);
  }

  /** Gives the addresses of a name that may be connected to, and none other. Fails with INGESTION_SOURCE_HOST where there are none. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    this.resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const admitted = addresses.filter(({ address }) => this.admits(name, address));
      const [first] = admitted;
      if (first === undefined) return callback(refused(name), []);
      if (options.all) callback(null, admitted);
      else callback(null, first.address, first.family);
    });
  };

  private admits(name: string, address: string): boolean {
    if (this.hosts === null || isPublicAddress(address)) return true;
    if (this.networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return true;
    return this.hosts.names.some((admitted) => isNamed(name.toLowerCase().replace(/\.$/, ''), admitted));
  }
}

/** `*.example.org` stands for every name below, and not for `example.org`. */
const isNamed = (name: string, admitted: string): boolean =>
  admitted.startsWith('*.') ? name.endsWith(admitted.slice(1)) : name === admitted;

/** IPv6 addresses stand in brackets there. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** The address itself is not said: names of the service's network are nobody's business. */
const refused = (host: string): ToolError => refusal('INGESTION_SOURCE_HOST', { host });
