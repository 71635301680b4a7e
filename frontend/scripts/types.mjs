// Writes src/graphql/types.ts from the endpoint's schema; with --check it only tells whether that file is of it.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { format, resolveConfig } from 'prettier';

const SCHEMA = fileURLToPath(new URL('../../graphql-endpoint/schema.graphql', import.meta.url));
const TYPES = fileURLToPath(new URL('../src/graphql/types.ts', import.meta.url));

/** @type {Record<string, string>} Cents are a text: a number is not exact that far. */
const SCALARS = {
  Int: 'number',
  Float: 'number',
  String: 'string',
  Boolean: 'boolean',
  ID: 'string',
  Cents: 'string',
};

/** @param {string | null | undefined} text */
const doc = (text) => (text ? `/** ${text.replaceAll(/\s*\n\s*/g, ' ')} */\n` : '');

/** @param {string} name */
const typeName = (name) => name.charAt(0).toUpperCase() + name.slice(1);

/** @param {import('graphql').GraphQLType} type @returns {string} */
function reference(type) {
  if (isNonNullType(type)) return nonNull(type.ofType);
  return `${nonNull(type)} | null`;
}

/** @param {import('graphql').GraphQLType} type @returns {string} */
function nonNull(type) {
  if (isListType(type)) return `readonly (${reference(type.ofType)})[]`;
  const name = String(type);
  return SCALARS[name] ?? typeName(name);
}

/** @param {import('graphql').GraphQLObjectType | import('graphql').GraphQLInputObjectType} type */
function interfaceOf(type) {
  const fields = Object.values(type.getFields()).map(
    (field) => `${doc(field.description)}readonly ${field.name}: ${reference(field.type)};`,
  );
  return `${doc(type.description)}export interface ${typeName(type.name)} {\n${fields.join('\n')}\n}`;
}

/** @param {import('graphql').GraphQLObjectType} root */
function argumentsOf(root) {
  return Object.values(root.getFields())
    .filter((field) => field.args.length > 0)
    .map((field) => {
      const args = field.args.map((arg) => {
        const optional = isNonNullType(arg.type) ? '' : '?';
        return `readonly ${arg.name}${optional}: ${reference(arg.type)};`;
      });
      const name = field.name.split('_').map(typeName).join('');
      return `/** Arguments of \`${field.name}\`. */\nexport interface ${name}Args {\n${args.join('\n')}\n}`;
    });
}

/** @param {string} sdl */
function typesOf(sdl) {
  const schema = buildSchema(sdl, { assumeValidSDL: false });
  const roots = [schema.getQueryType(), schema.getSubscriptionType()].filter(
    (root) => root !== null && root !== undefined,
  );
  /** @type {string[]} */
  const parts = ['// Written by `npm run types` from the schema of graphql-endpoint. Do not edit.'];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isEnumType(type)) {
      const values = type.getValues().map((value) => `'${value.name}'`);
      parts.push(
        `${doc(type.description)}export type ${typeName(type.name)} = ${values.join(' | ')};`,
      );
    } else if (isInputObjectType(type) || (isObjectType(type) && !roots.includes(type))) {
      parts.push(interfaceOf(type));
    }
  }
  parts.push(...roots.map(interfaceOf), ...roots.flatMap(argumentsOf));
  return `${parts.join('\n\n')}\n`;
}

const options = await resolveConfig(TYPES);
const types = await format(typesOf(await readFile(SCHEMA, 'utf8')), {
  ...options,
  filepath: TYPES,
});

if (process.argv.includes('--check')) {
  const committed = await readFile(TYPES, 'utf8').catch(() => '');
  if (committed !== types) {
    console.error(
      'src/graphql/types.ts is not of the schema of graphql-endpoint: run `npm run types`',
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(TYPES, types);
}
