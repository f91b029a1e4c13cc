import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { DEAD_LETTERS, type DeadLetters, type KeptLetter } from '@sedge/ports';
import { Answers, AskedBy, Needs, Teams, errorsOf, type Caller } from '@sedge/service-kit';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { ANSWERS } from './answers.gen.js';

const error = errorsOf({
  DEAD_LETTER_UNKNOWN: {
    status: 404,
    sentence: 'there is no dead letter {id}',
    mend: 'see those that there are: npx sedge dead-letters list',
  },
});

const MOST = 1000;

class DeadLettersQueryDto {
  @ApiPropertyOptional({ type: Number, default: 100, maximum: MOST })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST)
  limit: number = 100;
  @ApiPropertyOptional({ description: 'the id of the last one that was seen', type: String })
  @IsOptional()
  @Matches(/^\d{1,15}$/)
  after?: string;
}

export interface LetterList {
  letters: KeptLetter[];
}

/** The events that could not be handled: looked at, sent again, or forgotten. */
@ApiTags('dead letters')
@Answers(ANSWERS)
@Needs('read')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    @Inject(DEAD_LETTERS) private readonly letters: DeadLetters,
    private readonly teams: Teams,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists events that could not be handled, each with the reason, oldest first' })
  async list(@Query() { limit, after }: DeadLettersQueryDto): Promise<LetterList> {
    return { letters: await this.letters.list(limit, after) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows an event that could not be handled' })
  async show(@Param('id') id: string): Promise<KeptLetter> {
    const letter = await this.letters.find(id);
    if (letter === null) throw error('DEAD_LETTER_UNKNOWN', { id });
    return letter;
  }

  @Post(':id/replay')
  @Needs('run')
  @ApiOperation({ summary: 'Sends an event again to all who want it, and forgets the letter' })
  @HttpCode(204)
  async replay(@Param('id') id: string, @AskedBy() caller: Caller): Promise<void> {
    this.teams.assertMayActForConsumer(caller, (await this.show(id)).consumer);
    if (!(await this.letters.replay(id))) throw error('DEAD_LETTER_UNKNOWN', { id });
  }

  @Delete(':id')
  @Needs('run')
  @ApiOperation({ summary: 'Forgets an event that could not be handled' })
  @HttpCode(204)
  async discard(@Param('id') id: string, @AskedBy() caller: Caller): Promise<void> {
    this.teams.assertMayActForConsumer(caller, (await this.show(id)).consumer);
    if (!(await this.letters.discard(id))) throw error('DEAD_LETTER_UNKNOWN', { id });
  }
}
