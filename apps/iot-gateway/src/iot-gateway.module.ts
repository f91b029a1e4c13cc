import { Module } from '@nestjs/common';
import { StageModule } from '@sedge/service-kit';

/** Brings applications to devices, and what devices say to those who listen. */
@Module({ imports: [StageModule.forRoot({ stage: 'iot-gateway', builtinTools: null })] })
export class IotGatewayModule {}
