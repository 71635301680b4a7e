import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import sdl from '../../../graphql-endpoint/schema.graphql?raw';
import * as operations from './operations';

const schema = buildSchema(sdl);

test.each(Object.entries(operations))(
  '%s is valid by the schema of the endpoint',
  (_, operation) => {
    expect(validate(schema, parse(operation.document))).toEqual([]);
  },
);

test('what is not in the schema is seen', () => {
  expect(validate(schema, parse('{ accounts { nothing } }'))).not.toEqual([]);
});
