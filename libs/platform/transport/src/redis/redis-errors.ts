const CHECK = 'openssl s_client -connect HOST:PORT -showcerts shows it.';

const EXPLANATIONS: [RegExp, string][] = [
  [
    /self[- ]signed certificate|unable to verify the first certificate|unable to get (local )?issuer certificate/i,
    'Redis shows a certificate of an authority this process does not know, so nothing was sent. Name the file with that authority\'s '
      + `certificate (PEM) in ATOLL_REDIS_CA, or have Redis show one of a known authority; ${CHECK}`,
  ],
  [
    /does not match certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID/i,
    'Redis shows a certificate that is made out to other names than the host it was reached at, so nothing was sent. Use a name that '
      + `stands in the certificate in REDIS_URL (and have a cluster or Sentinel announce such names); ${CHECK}`,
  ],
  [
    /certificate has expired|certificate is not yet valid/i,
    'Redis shows a certificate that has expired or is not valid yet, so nothing was sent. Renew it, or set this machine\'s clock; ' + CHECK,
  ],
  [
    /wrong version number|packet length too long|EPROTO/i,
    'Redis does not speak TLS at that port. Use the port where it does, or redis:// in place of rediss:// in REDIS_URL.',
  ],
  [
    /WRONGPASS|NOAUTH|NOPERM|without any password configured/,
    'Redis refused the user or password of REDIS_URL, or that user may not run what is needed. Set the right ones; the user needs all '
      + 'commands on keys atoll:* and {atoll}:*, on channels atoll:*, and INFO, TIME and CLUSTER.',
  ],
];

/** What only an operator can mend, in words; undefined for a Redis that is simply away. */
export function explainRedisError(error: Error): string | undefined {
  const { code, lastNodeError } = error as NodeJS.ErrnoException & { lastNodeError?: Error };
  const text = `${code ?? ''} ${error.message} ${lastNodeError?.message ?? ''}`;
  return EXPLANATIONS.find(([pattern]) => pattern.test(text))?.[1];
}
