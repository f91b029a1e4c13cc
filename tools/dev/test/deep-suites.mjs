// The test suites of `npm run test:deep`: what takes too long for every change.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { prepareKubernetes, prepareServers } from '../setup/servers.mjs';
import { runChaos } from './chaos.mjs';
import { buildCpp, missingGoogleTest, runCppTestsWith } from './cpp-tests.mjs';
import { missingClang, runFuzzers } from './fuzzers.mjs';
import { referencePython } from './python.mjs';
import { runPytest, runReference, runVitest } from './suites.mjs';

export const deepSuites = [
  {
    name: 'sanitizers',
    what: 'C++ unit tests of LNE under the address and undefined-behaviour sanitizers',
    run: () => runCppTestsWith('sanitizers', ['-DLNE_SANITIZE=ON']),
    missing: missingGoogleTest,
  },
  {
    name: 'sanitized-reference',
    what: 'the lne command under the sanitizers, through all of the tests against ONNX Runtime and OpenCV',
    run: async () => {
      const command = await buildCpp('sanitizers', ['-DLNE_SANITIZE=ON'], 'lne');
      return runReference('sanitized-reference', await referencePython(), {
        LNE_COMMAND: resolve(command, 'lne'),
        UBSAN_OPTIONS: 'print_stacktrace=1',
        // The leak sanitizer of GCC 12 takes the local storage of libraries that are loaded late for what it is not, and dies of it.
        LSAN_OPTIONS: `use_tls=0:print_suppressions=0:suppressions=${resolve('lne/reference/leaks.supp')}`,
      });
    },
  },
  {
    name: 'fuzz',
    what: 'ten minutes of libFuzzer for each reader of files: models, plans, applications, arrays, recordings; one on each core',
    run: () => runFuzzers(600),
    missing: missingClang,
  },
  {
    name: 'lne-deep',
    what: 'the guide for plugins, followed to the letter; image networks of five families as Caffe networks; generated programs under the sanitizers',
    run: async () => runPytest('lne-deep', await referencePython(), join('lne', 'reference', 'deep')),
  },
  {
    name: 'workflows',
    what: 'the example killed at random moments, run in two folders, and by separate processes: the same artifacts; services replaced one by one by their next version, and a stage by strangers; ten thousand steps; the slow checks of sedge conform',
    run: async () => {
      for (const sentence of await prepareServers()) console.log(sentence);
      return runVitest('workflows', ['--project', 'deep'], await referencePython(), { SEDGE_TEST_DEEP: '1' });
    },
  },
  {
    name: 'chaos',
    what: 'workflows while services, broker and database are killed; and the checker, with safeguards switched off',
    run: runChaos,
  },
  {
    name: 'kubernetes',
    what: 'the chart, and tools as Jobs, against a real kube-apiserver with its controllers',
    run: async () => {
      for (const sentence of await prepareKubernetes()) console.log(sentence);
      return runVitest('kubernetes', ['--project', 'kubernetes'], await referencePython(), { SEDGE_TEST_DEEP: '1' });
    },
  },
  {
    name: 'images',
    what: 'the images of deploy/images built, and the whole compose file run with them by podman, with real jobs in every service',
    run: async () => {
      for (const sentence of await prepareServers()) console.log(sentence);
      // Its packages are there only after the set-up.
      const { buildImages } = await import('../images/build-images.mjs');
      await buildImages();
      return runVitest('images', ['--project', 'images'], '', { SEDGE_TEST_DEEP: '1' });
    },
    missing: missingForImages,
  },
];

/** Images are built and run as root, since a base is a file system of its own. */
function missingForImages() {
  if (process.getuid?.() !== 0) return 'the images are built as root: sudo npm run test:deep -- images';
  const programs = ['podman', ...(process.env.SEDGE_IMAGES_BASE ? [] : ['debootstrap'])];
  const absent = programs.filter((name) => spawnSync(name, ['--version']).error !== undefined);
  if (absent.length === 0) return null;
  return `${absent.join(' and ')} missing, get it by apt-get install podman runc debootstrap`;
}
