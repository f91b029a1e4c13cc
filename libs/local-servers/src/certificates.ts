import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of PEM: an authority, and a certificate by it for servers on this machine. */
export interface Certificates {
  caFile: string;
  certFile: string;
  keyFile: string;
}

export interface CertificateOptions {
  folder: string;
  /** how long they count */
  days?: number;
  /** names and addresses of the server, as openssl writes them; default: this machine's own */
  names?: string;
}

const run = promisify(execFile);
const OWN_NAMES = 'DNS:localhost,IP:127.0.0.1,IP:::1';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority and a certificate of a server by openssl. The authority's key is thrown away: it signs nothing else. */
export async function makeCertificates({
  folder,
  days = 30,
  names = OWN_NAMES,
}: CertificateOptions): Promise<Certificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args);
  const life = ['-days', String(days)];
  const ca = ['-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=Sedge authority'];
  await openssl('req', '-x509', ...KEY, ...life, ...ca);
  await openssl('req', ...KEY, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=sedge');
  await writeFile(
    at('server.ext'),
    `subjectAltName=${names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`,
  );
  const signing = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('server.ext')];
  await openssl('x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), ...life, ...signing);
  for (const name of ['ca.key', 'ca.srl', 'server.csr', 'server.ext']) await rm(at(name), { force: true });
  return { caFile: at('ca.pem'), certFile: at('server.pem'), keyFile: at('server.key') };
}
