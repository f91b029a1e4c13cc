const tableOf = (polynomial: number, bits: 8 | 16): Uint16Array =>
  Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (bits - 8);
    for (let step = 0; step < 8; step++) value = (value << 1) ^ (value >> (bits - 1) === 1 ? polynomial : 0);
    return value & (2 ** bits - 1);
  });

const CRC8 = tableOf(0x107, 8);
const CRC16 = tableOf(0x18005, 16);

/** x⁸ + x² + x + 1, of a frame's header. */
export function crc8(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) crc = CRC8[crc ^ bytes[at]!]!;
  return crc;
}

/** x¹⁶ + x¹⁵ + x² + 1, of a whole frame. */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ bytes[at]!]!;
  return crc;
}
