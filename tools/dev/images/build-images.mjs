// Builds the images of the services from deploy/images/Dockerfile, those of back ends to try them with, and says how large they are.
// usage: node tools/dev/images/build-images.mjs
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { findServer } from '@sedge/local-servers';
import { assertFreeDisk, runCommand } from '../setup/steps.mjs';
import { baseImage } from './base-image.mjs';
import { BUILD_OPTIONS, IMAGES_FOLDER, podman, podmanEnvironment } from './podman.mjs';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const DOCKERFILE = join(ROOT, 'deploy', 'images', 'Dockerfile');
/** Images, and the environment of PyTorch that the container of training makes. */
const DISK_MB = 12_000;
/** What compose.yml calls SEDGE_VERSION. */
export const VERSION = 'test';

/** Every image that the Dockerfile makes: a service each, and the command line. */
export const imageNames = () =>
  [...readFileSync(DOCKERFILE, 'utf8').matchAll(/^FROM service AS (\S+)$/gm)].map(([, name]) => name);

export const tagOf = (name) => `localhost/sedge-${name}:${VERSION}`;

/** The variables of compose.yml that name images of back ends, and what is built for each that is not set. */
const BACK_ENDS = { NATS_IMAGE: 'nats', POSTGRES_IMAGE: 'postgres', S3_IMAGE: 'versitygw' };

/** Images of back ends, by their variables. */
export const backEndImages = () =>
  Object.fromEntries(
    Object.entries(BACK_ENDS).map(([variable, name]) => [variable, process.env[variable] || tagOf(`back-end-${name}`)]),
  );

/** Stages from which images copy. They get names, so that they are kept for the next time. */
const STAGES = ['manifests', 'build'];

/** Layers that are there and unchanged are not built again; those that were replaced go. */
export async function buildImages() {
  assertFreeDisk(IMAGES_FOLDER, DISK_MB, 'Building and trying the images', 'remove images that you need no more');
  const base = await baseImage();
  const ignored = `${DOCKERFILE}.dockerignore`;
  for (const name of [...STAGES, ...imageNames()]) {
    const files = ['--file', DOCKERFILE, '--ignorefile', ignored, ...npmSettings()];
    await build(name, [...files, '--build-arg', `BASE=${base}`, '--target', name], ROOT);
  }
  await buildBackEnds(base);
  podman(['image', 'prune', '--force']);
}

/** The user's settings of npm, such as another registry, reach the build and no image. */
function npmSettings() {
  const file = process.env.NPM_CONFIG_USERCONFIG ?? join(homedir(), '.npmrc');
  return existsSync(file) ? ['--secret', `id=npmrc,src=${file}`] : [];
}

/** Stand-ins for the official images, from the servers that tests use. */
async function buildBackEnds(base) {
  const context = join(IMAGES_FOLDER, 'back-ends');
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context);
  cpSync(join(import.meta.dirname, 'back-ends'), context, { recursive: true });
  for (const server of ['nats-server', 'versitygw']) cpSync(findServer(server), join(context, server));
  for (const [variable, name] of Object.entries(BACK_ENDS)) {
    if (process.env[variable]) continue;
    await build(`back-end-${name}`, ['--build-arg', `BASE=${base}`, '--target', name], context);
  }
}

async function build(name, options, context) {
  const args = ['build', ...BUILD_OPTIONS, ...options, '--tag', tagOf(name), context];
  await runCommand(`building the image ${name}`, 'podman', args, { env: podmanEnvironment() });
}

/** @returns bytes of an image's layers; images share those of their base and of what all services have */
export const imageBytes = (name) => Number(podman(['image', 'inspect', '--format', '{{.Size}}', tagOf(name)]));

if (process.argv[1] === import.meta.filename) {
  await buildImages();
  for (const name of imageNames()) console.log(`${name}: ${(imageBytes(name) / 1e6).toFixed(0)} MB`);
}
