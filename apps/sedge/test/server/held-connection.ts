import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and after so many bytes to the server lets nothing more through, or breaks all connections once. */
export class HeldConnection {
  private readonly sockets = new Set<Socket>();
  private leftBytes = Infinity;
  private act: 'hold' | 'break' = 'hold';
  private readonly holding = new EventEmitter();

  private constructor(private readonly server: Server) {}

  static async before(url: string): Promise<HeldConnection> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    const held = new HeldConnection(server);
    server.on('connection', (client) => held.join(client, connect(Number(port), hostname)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return held;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  after(bytes: number, act: 'hold' | 'break'): void {
    this.leftBytes = bytes;
    this.act = act;
  }

  /** Waits until it lets nothing more through. */
  async isHeld(): Promise<void> {
    if (this.leftBytes >= 0) await once(this.holding, 'held');
  }

  /** Lets everything through from now on. */
  release(): void {
    this.leftBytes = Infinity;
    for (const socket of this.sockets) socket.emit('released');
  }

  async close(): Promise<void> {
    this.breakAll();
    this.server.close();
    await once(this.server, 'close');
  }

  private breakAll(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  private join(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          this.sockets.delete(socket);
          other.destroy();
        });
    }
    server.pipe(client);
    void this.pass(client, server);
  }

  private async pass(client: Socket, server: Socket): Promise<void> {
    try {
      for await (const chunk of client) {
        this.leftBytes -= (chunk as Buffer).length;
        if (this.leftBytes < 0 && this.act === 'break') {
          this.leftBytes = Infinity;
          this.breakAll();
        }
        while (this.leftBytes < 0 && !client.destroyed) {
          this.holding.emit('held');
          await Promise.race([once(client, 'released'), once(client, 'close')]);
        }
        server.write(chunk as Buffer);
      }
      server.end();
    } catch {
      // Whoever was connected is gone.
    }
  }
}
