// Where ONNX Runtime's functions are called: generated from the header of the version that is installed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { PROVIDER_VERSION } from '../../infra/install/fetch-cuda-provider.mjs';
import { writeTable } from '../../infra/onnxruntime/c-api-table.ts';
import { koffiParameter } from '../../infra/onnxruntime/koffi-parameters.ts';
import { functionsOfApi } from '../../infra/onnxruntime/parse-header.ts';
import { USED_FUNCTIONS } from '../../infra/onnxruntime/used-functions.ts';
import { loadCApi } from '../../services/tensor/runtime/c-api.ts';
import { ORT_API_VERSION } from '../../services/tensor/runtime/c-api-table.ts';
import { PINNED_VERSION } from '../../services/tensor/runtime/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const header = text('infra/onnxruntime/ort-api.h');

test('the table is what the header makes', () => {
  assert.equal(text('services/tensor/runtime/c-api-table.ts'), writeTable(header, USED_FUNCTIONS), 'run npm run c-api');
});

test('header, package, provider and pinned version are of one release', () => {
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(text('package.json')));
  assert.equal(dependencies['onnxruntime-node'], PINNED_VERSION);
  assert.equal(PROVIDER_VERSION, PINNED_VERSION);
  assert.equal(PINNED_VERSION.split('.')[1], String(ORT_API_VERSION));
});

test('functions of every kind count, in their order', () => {
  const small = `#define ORT_API_VERSION 3
/* struct OrtApi { not here; }; */
struct OrtApi {
  // a comment; with a semicolon
  const char*(ORT_API_CALL* GetErrorMessage)(_In_ const OrtStatus* status)NO_EXCEPTION ORT_ALL_ARGS_NONNULL;
  ORT_API2_STATUS(SetShape, _In_reads_(count) const int64_t* shape,
                  size_t count, _Outptr_ OrtValue** out);
#ifdef SOMETHING
#endif
  ORT_CLASS_RELEASE(Value);
  void(ORT_API_CALL* Forget)(OrtValue* value);
  ORT_API_T(size_t, CountOf, _In_ const OrtValue* value);
};
`;
  assert.deepEqual(
    functionsOfApi(small).map(({ index, name, returns, parameters }) => [index, name, returns, parameters.length]),
    [
      [0, 'GetErrorMessage', 'other', 1],
      [1, 'SetShape', 'status', 3],
      [2, 'ReleaseValue', 'nothing', 1],
      [3, 'Forget', 'nothing', 1],
      [4, 'CountOf', 'other', 1],
    ],
  );
  assert.match(writeTable(small, ['SetShape']), /SetShape: \[1, 'int64_t \*shape, size_t count, _Out_ void \*\*out'\]/);
  assert.throws(() => writeTable(small, ['Absent']), /the header has no Absent/);
});

test('a parameter that has no form is refused, not guessed', () => {
  assert.equal(koffiParameter('_In_reads_(n) const char* const* keys'), 'str *keys');
  assert.equal(koffiParameter('_In_ enum OrtMemType type'), 'int type');
  for (const unknown of ['_Out_ const char** text', 'OrtUnknownEnum value', 'void (*callback)(int)']) {
    assert.throws(() => koffiParameter(unknown), RangeError, unknown);
  }
});

test('the installed library has what the table says, at its end too', () => {
  const api = loadCApi();
  api.release('ReleaseThreadingOptions', api.create('CreateThreadingOptions'));
  const memory = api.create('CreateCpuMemoryInfo', 1, 0);
  const threading = api.create('CreateThreadingOptions');
  const env = api.create('CreateEnvWithGlobalThreadPools', 3, 'c-api', threading);
  const register = (): void =>
    api.call('CreateAndRegisterAllocatorV2', env, 'AbsentExecutionProvider', memory, null, [], [], 0);
  assert.throws(
    register,
    (error) => error instanceof LatentSweepError && error.message.includes('AbsentExecutionProvider'),
  );
  api.release('ReleaseThreadingOptions', threading);
});
