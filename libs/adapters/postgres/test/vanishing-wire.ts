import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between clients and a server whose host may vanish, as clients see it: without a word, and there again for new connections. */
export class VanishingWire {
  private readonly pairs = new Map<Socket, Socket>();

  private constructor(
    private readonly server: Server,
    target: number,
  ) {
    server.on('connection', (client) => {
      const onward = connect(target, '127.0.0.1');
      this.pairs.set(client, onward);
      for (const socket of [client, onward]) socket.on('error', () => undefined);
      client.pipe(onward).pipe(client);
    });
  }

  static async before(target: number): Promise<VanishingWire> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new VanishingWire(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What is sent on the connections that there are is lost from now on, and nothing comes on them any more. */
  vanish(): void {
    for (const [client, onward] of this.pairs) {
      client.unpipe(onward).resume();
      onward.unpipe(client).destroy();
    }
  }

  close(): void {
    for (const client of this.pairs.keys()) client.destroy();
    this.server.close();
  }
}
