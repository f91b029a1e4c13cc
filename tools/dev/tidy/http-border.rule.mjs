// What comes in by HTTP is a class with class-validator decorators: every @Body() and every whole @Query() or @Param().
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const wholeArgument = /@(Body|Query|Param)\(\s*\)\s*(?:readonly\s+)?\w+\s*:\s*([A-Za-z_][\w.]*)/g;

export function check(files) {
  const controllers = files.filter((path) => /\.controller\.ts$/.test(path));
  return controllers.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(wholeArgument)].flatMap(([, decorator, type]) => {
      const dto = files.find(
        (file) => file.startsWith(dirname(path)) && /\.dto\.ts$/.test(file) && declares(file, type),
      );
      if (!dto) return [`${path}: @${decorator}() is a ${type}, which no .dto.ts beside it declares`];
      return usesValidator(dto) ? [] : [`${dto}: ${type} comes in by HTTP without class-validator decorators`];
    }),
  );
}

const declares = (file, type) => new RegExp(`class ${type}\\b`).test(readFileSync(file, 'utf8'));
const usesValidator = (file) => /from 'class-validator'/.test(readFileSync(file, 'utf8'));
