/** Something that runs a net. */
export interface Engine {
  /** e.g. `ONNX Runtime 1.30.0` */
  readonly name: string;
  /**
   * Runs clips one by one.
   * @param data normalized features, [clip, ...shape]
   * @returns one list of scores per clip, before or after softmax as the model has it
   */
  run(data: Float32Array, clips: number): Promise<Float32Array[]>;
  close(): Promise<void>;
}
