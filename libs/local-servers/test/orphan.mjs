// Starts a server and waits: a test kills this process.
import { NatsServer } from '../dist/index.js';

const server = await NatsServer.start();
process.stdout.write(`${server.process.pid}\n`);
setInterval(() => {}, 1000);
