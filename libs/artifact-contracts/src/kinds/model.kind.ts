import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsClassNames, IsNumbersByName, IsPlainObject, IsShape, Nested } from '../metadata-rules.js';
import { Preprocessing } from '../preprocessing.js';

/** The tensor that a net takes. */
export class ModelInput {
  @IsString() @IsNotEmpty() name!: string;
  /** batch first */
  @IsShape() shape!: number[];
  @IsIn(['NCHW', 'NHWC', 'NC', 'NCT', 'NTC']) layout!: string;
  @IsIn(['float32', 'float16', 'int8', 'uint8']) dtype!: string;
}

/** What the numbers that a net gives mean. */
export class ModelOutput {
  @IsOptional() @IsString() name?: string;
  @IsIn(['logits', 'softmax']) kind!: 'logits' | 'softmax';
}

/** A trained net that knows its own use. */
export class ModelMetadata {
  @IsOptional() @IsString() name?: string;
  /** in the order of the outputs */
  @IsClassNames() classes!: string[];
  @Nested(() => ModelInput) input!: ModelInput;
  @Nested(() => ModelOutput) output!: ModelOutput;
  @Nested(() => Preprocessing) preprocessing!: Preprocessing;
  /** trainable numbers */
  @IsOptional() @IsInt() @Min(0) parameters?: number;
  @IsOptional() @IsInt() @Min(0) multiplyAdds?: number;
  /** the keyword-spotting paper's count: 2 x multiply-adds with every convolution at 40 x 16 positions, in millions */
  @IsOptional() @Min(0) mfpops?: number;
  @IsOptional() @Min(0) mfpopsSeparableFirst?: number;
  /** of `model.onnx` */
  @IsOptional() @IsInt() @Min(0) sizeBytes?: number;
  @IsOptional() @IsPlainObject() training?: Record<string, unknown>;
  @IsOptional() @IsNumbersByName() metrics?: Record<string, number>;
}

export const kind: ArtifactKind = {
  name: 'model',
  version: 1,
  summary: 'A trained network as ONNX, and as Caffe prototxt and caffemodel where the trainer writes them.',
  metadata: ModelMetadata,
  files: {
    required: ['model.onnx'],
    optional: ['model.caffemodel', 'deploy.prototxt', 'train_val.prototxt', 'solver.prototxt', 'architecture.json'],
    others: false,
  },
};
