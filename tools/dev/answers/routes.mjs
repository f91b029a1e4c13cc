// The routes of controllers, as their classes declare them.
import ts from 'typescript';

const VERBS = new Set(['Get', 'Post', 'Put', 'Patch', 'Delete']);

/** Controllers in a source file, each with the methods that are routes. */
export function controllersIn(source) {
  return source.statements
    .filter((node) => ts.isClassDeclaration(node) && decoratorsOf(node).has('Controller'))
    .map((node) => ({ name: node.name.text, isAnswering: decoratorsOf(node).has('Answers'), routes: routesOf(node) }));
}

function routesOf(controller) {
  return controller.members.filter(
    (member) => ts.isMethodDeclaration(member) && [...decoratorsOf(member)].some((name) => VERBS.has(name)),
  );
}

function decoratorsOf(node) {
  const decorators = ts.getDecorators(node) ?? [];
  return new Set(decorators.map(({ expression }) => (expression.expression ?? expression).getText()));
}
