// Types of the API from docs/openapi.json, into a file (default: the one that is committed). Operation ids are left out:
// the document names operations by their handlers, and handlers of different features share names.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const here = (path) => new URL(path, import.meta.url);
const document = JSON.parse(readFileSync(here('../../../docs/openapi.json'), 'utf8'));
for (const item of Object.values(document.paths)) {
  for (const operation of Object.values(item)) {
    delete operation.operationId;
    // The console speaks JSON.
    delete operation.requestBody?.content?.['application/cbor'];
  }
}
const types = await openapiTS(document, { alphabetize: true });
const note = '/** Made from docs/openapi.json by `npm run generate` in web/tools/openapi. */\n\n';
writeFileSync(process.argv[2] ?? here('../../src/api/schema.ts'), note + astToString(types));
