import { BlockList, isIPv6 } from 'node:net';

/**
 * IPv4 blocks that are not reached through the internet, from the IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast (RFC 5771),
 * and the one public address at which a cloud (Azure) serves its machines alone.
 */
const SPECIAL_IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4', '168.63.129.16/32'],
];
/** IPv6 addresses of the internet (RFC 4291, global unicast) … */
const GLOBAL_IPV6 = '2000::/3';
/** … but for these: protocols, Teredo among them, documentation and 6to4 (IANA IPv6 Special-Purpose Address Registry). */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
const specialIpv4 = blockList(SPECIAL_IPV4, 'ipv4');
const specialIpv6 = blockList(SPECIAL_IPV6, 'ipv6');
const globalIpv6 = blockList([GLOBAL_IPV6], 'ipv6');

/** Whether an address is one of the internet: not this machine's, its network's, nor of a cloud's service for its machines. */
export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !specialIpv4.check(address, 'ipv4');
  const embedded = embeddedIpv4(address);
  if (embedded !== null) return isPublicAddress(embedded);
  return globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6');
}

function blockList(blocks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address, bits] = block.split('/') as [string, string];
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** Of an address that maps one (`::ffff:127.0.0.1`, RFC 4291) or that a translator makes of one (`64:ff9b::127.0.0.1`, RFC 6052). */
function embeddedIpv4(address: string): string | null {
  const groups = groupsOf(address);
  const prefix = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':');
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return null;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}

/** The eight groups of 16 bits of an IPv6 address, however it is written. */
function groupsOf(address: string): number[] {
  // The URL parser writes every address in one way, without dots.
  const [head = '', tail = ''] = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1).split('::');
  const [front, back] = [head, tail].map((text) =>
    text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)),
  ) as [number[], number[]];
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}
