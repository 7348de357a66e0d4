#!/usr/bin/env python3
"""Holds NDJSON on standard input against a JSON Schema (the keywords that ours uses, draft 2020-12).

usage: schema.py SCHEMA < records. A member that the schema does not name is an error here, though
consumers of the records must let new ones pass. Prints each violation and "N passed, N failed".
"""
import json
import re
import sys

TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool}
KNOWN = {'$schema', '$id', '$defs', '$ref', 'title', 'description', 'type', 'const', 'enum', 'pattern',
         'minLength', 'minimum', 'maximum', 'required', 'properties', 'propertyNames',
         'additionalProperties', 'items', 'oneOf', 'if', 'then', 'else', 'not'}


def is_type(value, name):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == 'integer':
        return number and value == int(value)
    if name == 'number':
        return number
    return isinstance(value, TYPES[name])


def simple_errors(value, schema, where):
    if 'type' in schema and not is_type(value, schema['type']):
        yield f'{where}: {value!r:.60} is no {schema["type"]}'
        return
    if 'const' in schema and value != schema['const']:
        yield f'{where}: {value!r:.60} is not {schema["const"]!r}'
    if 'enum' in schema and value not in schema['enum']:
        yield f'{where}: {value!r:.60} is none of the values allowed'
    if isinstance(value, str):
        if 'pattern' in schema and not re.search(schema['pattern'], value):
            yield f'{where}: {value!r:.60} does not match {schema["pattern"]}'
        if len(value) < schema.get('minLength', 0):
            yield f'{where}: empty'
    elif is_type(value, 'number'):
        if value < schema.get('minimum', value) or value > schema.get('maximum', value):
            yield f'{where}: {value} is out of range'


def object_errors(value, schema, root, where):
    for name in schema.get('required', []):
        if name not in value:
            yield f'{where}: lacks {name}'
    members = schema.get('properties', {})
    for name, member in value.items():
        if 'propertyNames' in schema:
            yield from errors(name, schema['propertyNames'], root, f'{where}: name')
        if name in members:
            yield from errors(member, members[name], root, f'{where}.{name}')
        elif isinstance(schema.get('additionalProperties'), dict):
            yield from errors(member, schema['additionalProperties'], root, f'{where}.{name}')
        elif schema.get('type') == 'object':
            yield f'{where}: {name} is not in the schema'


def combined_errors(value, schema, root, where):
    if 'oneOf' in schema:
        tries = [list(errors(value, s, root, where)) for s in schema['oneOf']]
        if sum(not t for t in tries) != 1:
            yield from min(tries, key=len) or [f'{where}: fits more than one']
    if 'not' in schema and not list(errors(value, schema['not'], root, where)):
        yield f'{where}: must not be {schema["not"]}'
    if 'if' in schema:
        branch = 'else' if list(errors(value, schema['if'], root, where)) else 'then'
        yield from errors(value, schema.get(branch, {}), root, where)


def errors(value, schema, root, where='record'):
    unknown = schema.keys() - KNOWN
    if unknown:
        sys.exit(f'schema.py: keywords it does not know: {unknown}')
    if '$ref' in schema:
        yield from errors(value, root['$defs'][schema['$ref'].rsplit('/', 1)[1]], root, where)
    yield from simple_errors(value, schema, where)
    if isinstance(value, dict):
        yield from object_errors(value, schema, root, where)
    if isinstance(value, list) and 'items' in schema:
        for i, item in enumerate(value):
            yield from errors(item, schema['items'], root, f'{where}[{i}]')
    yield from combined_errors(value, schema, root, where)


def line_errors(line, root):
    if re.search(rb'[\x00-\x1f\x7f]', line.rstrip(b'\n')):
        return ['a raw control character']
    try:
        return list(errors(json.loads(line.decode('utf-8')), root, root))
    except ValueError as error:
        return [str(error)]


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        root = json.load(file)
    passed = failed = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        found = line_errors(line, root)
        for error in found[:5]:
            print(f'line {number}: {error}')
        passed, failed = passed + (not found), failed + bool(found)
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
