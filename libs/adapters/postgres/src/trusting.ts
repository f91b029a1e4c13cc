/**
 * The address of a database with the file of the authorities that may vouch for its server, where the address asks for TLS (sslmode).
 * @param caFile null: those of the system
 */
export function trusting(url: string, caFile: string | null): string {
  if (caFile === null || !URL.canParse(url)) return url;
  const address = new URL(url);
  if (address.searchParams.has('sslmode')) address.searchParams.set('sslrootcert', caFile);
  return address.toString();
}
