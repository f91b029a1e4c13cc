// The environment with independent implementations (librosa, ONNX Runtime, h5py, OpenCV …) that tests compare with.
import { join } from 'node:path';
import { lockedPython } from '../setup/python-environment.mjs';

const NEEDED_MB = 1500;

export const referencePython = () =>
  lockedPython('reference', [join('tools', 'dev', 'reference-env', 'requirements.lock')], NEEDED_MB);
