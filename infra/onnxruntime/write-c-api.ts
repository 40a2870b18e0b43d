// `npm run c-api` writes services/tensor/runtime/c-api-table.ts from ort-api.h; `npm run c-api -- HEADER` takes ort-api.h anew first, from an
// onnxruntime_c_api.h of the pinned version. A test fails when the committed table is not what the committed header makes.

import { readFileSync, writeFileSync } from 'node:fs';
import { writeTable } from './c-api-table.ts';
import { apiVersion, declarationOfApi } from './parse-header.ts';
import { USED_FUNCTIONS } from './used-functions.ts';

const EXCERPT = new URL('ort-api.h', import.meta.url);
const TABLE = new URL('../../services/tensor/runtime/c-api-table.ts', import.meta.url);
const LICENCE = `// Copyright (c) Microsoft Corporation. All rights reserved.
// Licensed under the MIT License.

// Taken from onnxruntime_c_api.h of ONNX Runtime, without comments, by \`npm run c-api\`.`;

const [given] = process.argv.slice(2);
if (given !== undefined) {
  const header = readFileSync(given, 'utf8');
  writeFileSync(EXCERPT, `${LICENCE}\n#define ORT_API_VERSION ${apiVersion(header)}\n\n${declarationOfApi(header)}\n`);
}
writeFileSync(TABLE, writeTable(readFileSync(EXCERPT, 'utf8'), USED_FUNCTIONS));
