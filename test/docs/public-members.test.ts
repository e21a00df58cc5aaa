import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { root } from './markdown.ts';

// Whoever imports the package reads it in an editor: every public name says what it is there, and so
// does every member of what it names.

const entries = [
  'index.ts',
  'store/postgres/index.ts',
  'store/sqlite/index.ts',
  'testing/index.ts',
  'transport/kafka/index.ts',
  'transport/nats/index.ts',
  'transport/rabbitmq/index.ts',
  'transport/redis/index.ts',
  'webhook/index.ts',
].map((path) => join(root, 'src', path));

function undocumented(): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(entries, options);
  const checker = program.getTypeChecker();
  const isSilent = (symbol: ts.Symbol | undefined): boolean =>
    symbol === undefined || symbol.getDocumentationComment(checker).length === 0;
  const exported = entries.flatMap((path) => {
    const source = program.getSourceFile(path);
    const module = source && checker.getSymbolAtLocation(source);
    return module === undefined ? [] : checker.getExportsOfModule(module);
  });
  return exported.flatMap((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    const [declaration] = target.declarations ?? [];
    const members = declaration === undefined ? [] : membersOf(declaration);
    return [
      ...(isSilent(target) ? [target.name] : []),
      ...members
        .filter((name) => isSilent(checker.getSymbolAtLocation(name)))
        .map((name) => `${target.name}.${name.getText()}`),
    ];
  });
}

function membersOf(declaration: ts.Declaration): readonly ts.PropertyName[] {
  if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) return [];
  return [...declaration.members]
    .map(({ name }) => name)
    .filter((name) => name !== undefined && !ts.isPrivateIdentifier(name)) as ts.PropertyName[];
}

it('every public name is documented, and every member of what it names', () => {
  expect([...new Set(undocumented())]).toEqual([]);
});
