/** Codes by which Node says that a server is not who it should be. */
const UNTRUSTED =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_)/;

/** Whether a server's certificate is none that can be trusted here: waiting helps nobody. */
export function isUntrustedServer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return UNTRUSTED.test(String(code ?? '')) || isUntrustedServer(cause);
}
