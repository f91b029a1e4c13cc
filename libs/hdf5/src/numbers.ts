/** The arrays that stand for each element type. */
export const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

export type NumericType = keyof typeof ARRAYS;

/** The arrays' types, whatever kind of buffer they lie in. */
interface ArrayTypes {
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  float32: Float32Array;
  float64: Float64Array;
}
/** What is written. */
export type NumbersToWrite<Type extends NumericType> = ArrayTypes[Type];
/** What is read: arrays of their own. */
export type NumbersOf<Type extends NumericType> = InstanceType<(typeof ARRAYS)[Type]>;
export type Numbers = NumbersOf<NumericType>;
