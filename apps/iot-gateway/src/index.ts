export { IotGatewayModule } from './iot-gateway.module.js';
