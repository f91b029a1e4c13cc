// Which errors of a service's tables a route can answer: those that its method makes, or anything that it calls and waits for.
import ts from 'typescript';

/** Finds the errors that functions can end with, by the calls in their text. */
export class ErrorCodes {
  /** rows of error tables by code, as they stand in the code */
  rows = new Map();

  constructor(schemas) {
    this.schemas = schemas;
    this.checker = schemas.checker;
  }

  /** Codes that a call of the function can end with. */
  of(declaration) {
    const codes = new Set();
    this.#visit(declaration, codes, new Set());
    return codes;
  }

  #visit(declaration, codes, seen) {
    if (seen.has(declaration)) return;
    seen.add(declaration);
    const walk = (node) => {
      // What nobody waits for ends in no answer.
      if (ts.isVoidExpression(node) || ts.isTypeNode(node)) return;
      if (ts.isTryStatement(node) && node.catchClause && !throws(node.catchClause)) {
        walk(node.catchClause);
        if (node.finallyBlock) walk(node.finallyBlock);
        return;
      }
      if (ts.isCallExpression(node)) {
        if (this.#isSwallowing(node)) return node.arguments.forEach(walk);
        this.#noteError(node, codes);
      }
      if (ts.isNewExpression(node)) this.#follow(node.expression, codes, seen, true);
      if (ts.isIdentifier(node)) this.#follow(node, codes, seen, false);
      ts.forEachChild(node, walk);
    };
    if (declaration.body) walk(declaration.body);
  }

  /** `x.catch(() => null)` and `x.then(a, () => null)`: errors of x go no further. */
  #isSwallowing({ expression, arguments: given }) {
    if (!ts.isPropertyAccessExpression(expression)) return false;
    const handler = expression.name.text === 'catch' ? given[0] : expression.name.text === 'then' ? given[1] : null;
    if (!handler) return false;
    const body = ts.isArrowFunction(handler) ? handler : this.#functionOf(handler);
    return body !== null && !throws(body) && !(body.type && body.type.kind === ts.SyntaxKind.NeverKeyword);
  }

  /** `error('CODE', …)`, where `error` was made by errorsOf of a table. */
  #noteError(call, codes) {
    const table = this.#tableOf(call.expression);
    if (!table) return;
    const given = this.checker.getTypeAtLocation(call.arguments[0]);
    for (const part of given.isUnion() ? given.types : [given]) {
      if (!part.isStringLiteral()) throw new Error(`${call.getText()}: the code is not known to the compiler`);
      codes.add(part.value);
      const details = call.arguments[2] && this.schemas.of(this.checker.getTypeAtLocation(call.arguments[2]));
      this.rows.set(part.value, { ...this.#rowOf(table, part.value), ...(details && { details }) });
    }
  }

  #tableOf(callee) {
    const made = this.#initializerOf(callee);
    if (!made || !ts.isCallExpression(made) || made.expression.getText() !== 'errorsOf') return null;
    return this.checker.getTypeAtLocation(made.arguments[0]);
  }

  #rowOf(table, code) {
    const row = this.checker.getTypeOfSymbol(table.getProperty(code));
    const valueOf = (name) => {
      const type = this.checker.getTypeOfSymbol(row.getProperty(name));
      if (!type.isLiteral()) throw new Error(`${code}.${name} is not known to the compiler; write 'as const'`);
      return type.value;
    };
    return { status: valueOf('status'), sentence: valueOf('sentence'), mend: valueOf('mend') };
  }

  #follow(expression, codes, seen, isNew) {
    const found = isNew ? this.#constructorOf(expression) : this.#functionOf(expression);
    if (found && isOurs(found)) this.#visit(found, codes, seen);
  }

  #symbolOf(expression) {
    const symbol = this.checker.getSymbolAtLocation(expression);
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  #initializerOf(expression) {
    const declaration = this.#symbolOf(expression)?.valueDeclaration;
    return declaration && ts.isVariableDeclaration(declaration) ? (declaration.initializer ?? null) : null;
  }

  /** The function behind a name; null where it is none, or only a port's promise of one. */
  #functionOf(expression) {
    const declaration = this.#symbolOf(expression)?.valueDeclaration;
    if (!declaration) return null;
    const value = ts.isVariableDeclaration(declaration) || ts.isPropertyDeclaration(declaration);
    const found = value ? declaration.initializer : declaration;
    return found && ts.isFunctionLike(found) && found.body ? found : null;
  }

  #constructorOf(expression) {
    const declaration = this.#symbolOf(expression)?.valueDeclaration;
    if (!declaration || !ts.isClassDeclaration(declaration)) return null;
    return declaration.members.find(ts.isConstructorDeclaration) ?? null;
  }
}

const isOurs = (node) => !/\/node_modules\/(?!@sedge\/)|\.d\.ts$/.test(node.getSourceFile().fileName);

/** Whether a text has a throw of its own, not in a function within. */
function throws(node) {
  let found = false;
  const look = (child) => {
    if (ts.isThrowStatement(child)) found = true;
    else if (!ts.isFunctionLike(child)) ts.forEachChild(child, look);
  };
  ts.forEachChild(node, look);
  return found;
}
