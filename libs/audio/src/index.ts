export { FlacDecoder, isFlac } from './flac-decoder.js';
export { isUnusable, type RecordingAudio, type UnusableAudio } from './recording-audio.js';
export { wavFile } from './wav-file.js';
