// Reads {name: document} as JSON from stdin, and writes {name: [diagnostic, ...]} as JSON to stdout.
import { Parser } from '@asyncapi/parser';
import { readFileSync } from 'node:fs';

const documents = JSON.parse(readFileSync(0, 'utf8'));
const found = {};
for (const [name, text] of Object.entries(documents)) {
  const diagnostics = await new Parser().validate(text);
  found[name] = diagnostics.map(({ code, message, path }) => ({ code, message, path: path.join('.') }));
}
process.stdout.write(JSON.stringify(found));
