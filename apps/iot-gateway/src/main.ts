import { runService } from '@sedge/composition';
import { IotGatewayModule } from './iot-gateway.module.js';

await runService({ module: IotGatewayModule });
