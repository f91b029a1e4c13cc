// A wire between the services and a back end, which can be cut.
import { connect, createServer } from 'node:net';
import { PassThrough } from 'node:stream';

export class TcpWire {
  #sockets = new Set();

  /**
   * @param targetPort of the back end on this machine
   * @param onTheWay makes a stream through which all goes that a client sends
   */
  static async to(targetPort, onTheWay = () => new PassThrough()) {
    const wire = new TcpWire();
    wire.server = createServer((near) => wire.#join(near, connect(targetPort, '127.0.0.1'), onTheWay()));
    await new Promise((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    wire.port = wire.server.address().port;
    return wire;
  }

  /** Cuts every connection that there is now; new ones are taken. @returns how many */
  cut() {
    const count = this.#sockets.size / 2;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return count;
  }

  async close() {
    this.server.close();
    this.cut();
  }

  #join(near, far, through) {
    near.pipe(through).pipe(far);
    far.pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        through.destroy();
        other.destroy();
      });
    }
  }
}
