/**
 * Reads every controller's types and comments into dist/openapi.json: summaries, parameters, bodies and answers of all routes, which the
 * running process merges with the routes it really has (platform/http/src/openapi). Types say more than decorators: answers are interfaces.
 * Nothing is done when no source changed since the last time.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { SchemaWriter, wordsOf } from './openapi/schema-writer.mjs';
import { rulesOf } from './openapi/rules.mjs';

const root = join(import.meta.dirname, '..');
const target = join(root, 'dist', 'openapi.json');
const VERBS = ['Get', 'Post', 'Put', 'Patch', 'Delete'];
const STREAM = 'SseAnswer';
const FILE = 'StreamableFile';

const sources = globSync('{apps,libs}/**/*.ts', { cwd: root, exclude: (path) => path.includes('.spec.') || path.includes('/testing') || path.includes('node_modules') }).sort();
const hash = createHash('sha256');
for (const file of [...sources, 'tools/openapi-metadata.mjs', 'tools/openapi/schema-writer.mjs', 'tools/openapi/rules.mjs']) hash.update(file).update(readFileSync(join(root, file)));
const version = hash.digest('base64url');

if (!existsSync(target) || JSON.parse(readFileSync(target, 'utf8')).version !== version) write(read());

function read() {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config.config, include: [] }, ts.sys, root);
  const controllers = sources.filter((file) => file.endsWith('.controller.ts')).map((file) => join(root, file));
  const program = ts.createProgram(controllers, { ...options, noEmit: true, incremental: false, tsBuildInfoFile: undefined });
  const checker = program.getTypeChecker();
  const writer = new SchemaWriter(checker);
  const operations = {};
  for (const file of controllers) {
    for (const statement of program.getSourceFile(file).statements) {
      if (!ts.isClassDeclaration(statement) || !decorator(statement, ['Controller'])) continue;
      for (const member of statement.members) {
        if (ts.isMethodDeclaration(member) && decorator(member, VERBS)) operations[`${statement.name.text}_${member.name.getText()}`] = operation(member, checker, writer);
      }
    }
  }
  return { operations, ...writer.components() };
}

function operation(method, checker, writer) {
  const words = wordsOf(checker.getSymbolAtLocation(method.name), checker);
  const described = { ...(words && { summary: words.split(/(?<=\.)\s/)[0].replace(/\.$/, ''), description: words }), parameters: [] };
  for (const parameter of method.parameters) {
    const type = checker.getTypeAtLocation(parameter);
    const body = decorator(parameter, ['Body']);
    if (body) described.body = writer.of(type);
    for (const [name, where] of [['Query', 'query'], ['Param', 'path']]) {
      const found = decorator(parameter, [name]);
      if (!found) continue;
      const key = found.arguments[0];
      if (key && ts.isStringLiteral(key)) {
        const { schema } = rulesOf(parameter);
        described.parameters.push({ name: key.text, in: where, required: where === 'path' || (!parameter.questionToken && !parameter.initializer), schema: { ...writer.of(checker.getNonNullableType(type)), ...schema, ...(usesIdParam(found) && { format: 'uuid' }) } });
      } else {
        for (const property of checker.getPropertiesOfType(type)) {
          const { schema, required } = writer.ofProperty(property);
          const { description, ...rest } = schema;
          described.parameters.push({ name: property.getName(), in: where, required, ...(description && { description }), schema: rest });
        }
      }
    }
  }
  return { ...described, ...answers(checker.getReturnTypeOfSignature(checker.getSignatureFromDeclaration(method)), checker, writer) };
}

/** `json` is the schema of the JSON answer, absent where there is none; `stream`, `file` and `text` say what else the answer can be. */
function answers(returned, checker, writer) {
  const type = checker.getAwaitedType(returned) ?? returned;
  const parts = type.isUnion() ? type.types : [type];
  const named = (name) => (one) => one.symbol?.getName() === name;
  const [stream, file] = [parts.some(named(STREAM)), parts.some(named(FILE))];
  if (type.flags & ts.TypeFlags.String) return { stream, file, text: true };
  const plain = parts.filter((one) => !named(STREAM)(one) && !named(FILE)(one) && !(one.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)));
  if (plain.length === 0) return { stream, file };
  return { stream, file, json: plain.length === parts.length ? writer.of(type) : plain.length === 1 ? writer.of(plain[0]) : { anyOf: plain.map((one) => writer.of(one)) } };
}

function usesIdParam(call) {
  return call.arguments.some((argument) => argument.getText().includes('IdParam'));
}

/** The call of the first decorator of these names. */
function decorator(node, names) {
  const found = ts.canHaveDecorators(node) ? ts.getDecorators(node)?.find(({ expression }) => ts.isCallExpression(expression) && names.includes(expression.expression.getText())) : undefined;
  return found?.expression;
}

function write({ operations, schemas, names }) {
  const text = JSON.stringify({ version, operations, schemas }).replaceAll(/"component:\d+"/g, (quoted) => `"#/components/schemas/${names.get(JSON.parse(quoted))}"`);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(`${target}.${process.pid}`, text);
  renameSync(`${target}.${process.pid}`, target);
}
