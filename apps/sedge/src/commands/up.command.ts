import type { SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export const command: SedgeCommand = {
  usage: 'up',
  summary: 'start the API server and all stages in one process, until Ctrl-C',
  help: `Serves the HTTP API at http://127.0.0.1:7350 (--port) and on the socket of the data directory.
It asks for no access tokens and listens on the loopback address only: other addresses are refused, and so are requests to it under another
name than localhost, 127.0.0.1 or [::1], or from a web page of another origin. With SEDGE_ACCESS_KEYS it asks for tokens (npx sedge help token),
and may listen elsewhere.

  npx sedge up                                      then, from anywhere on this machine:
  curl http://127.0.0.1:7350/v1/runs
  npx sedge up --port 0 --json                      {"url", "socketPath"} on the first line
  npx sedge up --verbose                            with the log, which else goes to the file sedge.log of the data directory alone

Exit codes: 0 ended by Ctrl-C, 2 the address or port is refused, 5 the port or the data directory is in use.`,
  configure(command) {
    command
      .option('--port <number>', 'TCP port; 0 takes a free one', '7350')
      .option('--host <address>', 'address to listen on; loopback only unless SEDGE_ACCESS_KEYS is set', '127.0.0.1');
  },
  async run(context, _args, options) {
    const host = String(options['host']);
    const port = Number(options['port']);
    if (!LOOPBACK.has(host) && !process.env['SEDGE_ACCESS_KEYS']) {
      const mend = 'use 127.0.0.1 and reach it through an SSH tunnel, or ask for access tokens: npx sedge help token';
      throw new CommandError('CLI_ADDRESS_REFUSED', `refusing to listen on ${host}`, EXIT.usage, mend);
    }
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new CommandError(
        'CLI_BAD_PORT',
        `'${String(options['port'])}' is no port`,
        EXIT.usage,
        'give a number from 0 to 65535',
      );
    }
    const { startAllInOne } = await import('../server/all-in-one.js');
    const server = await startAllInOne({
      dataDirectory: context.dataDirectory,
      listen: { host, port },
      isVerbose: context.isVerbose,
    });
    context.emit({ url: server.url, socketPath: server.socketPath });
    context.say(
      `Sedge listens at ${server.url} and ${server.socketPath}. Ctrl-C ends it; runs go on at the next start.`,
    );
    await new Promise<void>((resolve) => {
      if (context.signal.aborted) resolve();
      else context.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    context.say('Ending: work under way is handed back');
    await server.close();
    return EXIT.ok;
  },
};
