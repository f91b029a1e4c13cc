/** What is wrong in a FLAC file. It ends the decoding of that file and is caught there. */
export class FlacFlaw extends Error {
  override readonly name = 'FlacFlaw';
}
