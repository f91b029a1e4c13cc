import { IsNotEmpty, IsString } from 'class-validator';

/** A tool is gone: its folder was removed, or its server no longer answers at start. */
export class ToolRemovedData {
  @IsString() @IsNotEmpty() name!: string;
  @IsString() @IsNotEmpty() version!: string;
  @IsString() @IsNotEmpty() stage!: string;
}
