export interface StageOptions {
  /** name of the stage and its service, e.g. `training` */
  stage: string;
  /** folder of `<name>.tool.js` files: `new URL('./tools/', import.meta.url)`; null where the stage has no tools of its own */
  builtinTools: URL | null;
  /** tables that the service has beside those of its jobs */
  migrations?: Function[];
  entities?: Function[];
}

export const STAGE = Symbol('Stage');
