// Generated from infra/onnxruntime/ort-api.h by `npm run c-api`, never edited.

/** Of the header; a library whose tables are older gives none. */
export const ORT_API_VERSION = 29;

/** Functions of the table that have to be read to reach all of these. */
export const TABLE_SIZE = 260;

/** Position in the table, and parameters; the result is a status, null for success. */
export const FUNCTIONS = {
  CreateSessionFromArray: [8, 'void *env, void *model_data, size_t model_data_length, void *options, _Out_ void **out'],
  CreateSessionOptions: [10, '_Out_ void **options'],
  SetOptimizedModelFilePath: [11, 'void *options, str optimized_model_filepath'],
  EnableProfiling: [14, 'void *options, str profile_file_prefix'],
  DisableMemPattern: [17, 'void *options'],
  SetSessionGraphOptimizationLevel: [23, 'void *options, int graph_optimization_level'],
  SetIntraOpNumThreads: [24, 'void *options, int intra_op_num_threads'],
  SetInterOpNumThreads: [25, 'void *options, int inter_op_num_threads'],
  CreateTensorAsOrtValue: [48, 'void *allocator, int64_t *shape, size_t shape_len, int type, _Out_ void **out'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void *info, void *p_data, size_t p_data_len, int64_t *shape, size_t shape_len, int type, _Out_ void **out',
  ],
  GetTensorMutableData: [51, 'void *value, _Out_ void **out'],
  CreateMemoryInfo: [68, 'str name, int type, int id, int mem_type, _Out_ void **out'],
  CreateCpuMemoryInfo: [69, 'int type, int mem_type, _Out_ void **out'],
  CreateEnvWithGlobalThreadPools: [119, 'int log_severity_level, str logid, void *tp_options, _Out_ void **out'],
  DisablePerSessionThreads: [120, 'void *options'],
  CreateThreadingOptions: [121, '_Out_ void **out'],
  AddSessionConfigEntry: [130, 'void *options, str config_key, str config_value'],
  CreateAllocator: [131, 'void *session, void *mem_info, _Out_ void **out'],
  RunWithBinding: [133, 'void *session, void *run_options, void *binding_ptr'],
  CreateIoBinding: [134, 'void *session, _Out_ void **out'],
  BindInput: [136, 'void *binding_ptr, str name, void *val_ptr'],
  BindOutput: [137, 'void *binding_ptr, str name, void *val_ptr'],
  CreateAndRegisterAllocator: [144, 'void *env, void *mem_info, void *arena_cfg'],
  SetGlobalIntraOpNumThreads: [147, 'void *tp_options, int intra_op_num_threads'],
  SetGlobalInterOpNumThreads: [148, 'void *tp_options, int inter_op_num_threads'],
  SetGlobalSpinControl: [149, 'void *tp_options, int allow_spinning'],
  CreateArenaCfgV2: [164, 'str *arena_config_keys, size_t *arena_config_values, size_t num_keys, _Out_ void **out'],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, 'void *options, void *cuda_options'],
  CreateCUDAProviderOptions: [205, '_Out_ void **out'],
  UpdateCUDAProviderOptions: [
    206,
    'void *cuda_options, str *provider_options_keys, str *provider_options_values, size_t num_keys',
  ],
  CreateAndRegisterAllocatorV2: [
    259,
    'void *env, str provider_type, void *mem_info, void *arena_cfg, str *provider_options_keys, str *provider_options_values, size_t num_keys',
  ],
} as const;

/** Position in the table; the one parameter is the object to release, and there is no result. */
export const RELEASES = {
  ReleaseStatus: 93,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseSessionOptions: 100,
  ReleaseThreadingOptions: 122,
  ReleaseIoBinding: 135,
  ReleaseArenaCfg: 157,
  ReleaseCUDAProviderOptions: 208,
} as const;

/** Position in the table, of functions with a result of their own. */
export const GETTERS = {
  GetErrorMessage: 2,
} as const;
