import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, Needs } from '@sedge/service-kit';
import { StageSurvey, type Survey } from '../state/stage-survey.service.js';
import { ANSWERS } from './answers.gen.js';

/** The stages that have tools, wherever their processes are. */
@Needs('read')
@ApiTags('tools')
@Answers(ANSWERS)
@Controller('v1/stages')
export class StagesController {
  constructor(private readonly survey: StageSurvey) {}

  @Get()
  @ApiOperation({
    summary:
      'Lists the stages that have registered tools, with their addresses, and the tools that they found and refuse',
  })
  list(): Promise<Survey> {
    return this.survey.look();
  }
}
