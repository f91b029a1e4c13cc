/** What of the service's environment a tool may see: how to find programs and the network, never a credential of the service. */
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|LD_LIBRARY_PATH|CUDA_\w+|NVIDIA_\w+|(HTTPS?|NO|ALL)_PROXY|SSL_CERT_(FILE|DIR)|XDG_CACHE_HOME)$/i;

/** And what an installer of packages reads besides. */
const FOR_INSTALLERS = /^(PIP_\w+|UV_\w+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|XDG_CONFIG_\w+)$/;

type Environment = Record<string, string>;

function matching(pattern: RegExp): Environment {
  const entries = Object.entries(process.env).filter(([name, text]) => pattern.test(name) && text !== undefined);
  return Object.fromEntries(entries) as Environment;
}

/** The environment of a tool's process. */
export function toolEnvironment(additions: Environment): Environment {
  return {
    ...matching(PASSED_ON),
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONHASHSEED: '0',
    ...additions,
  };
}

/** The environment of pip and uv: the user's proxies and mirrors count. */
export function installerEnvironment(): Environment {
  return { ...matching(PASSED_ON), ...matching(FOR_INSTALLERS), PYTHONUNBUFFERED: '1' };
}
