// Stands for libcublas.so.13: products are counted as one launch each, and compute nothing.

#include <stdlib.h>

void lsweep_stub_launch(void);

int cublasCreate_v2(void** handle) {
  *handle = calloc(1, 256);
  return 0;
}
int cublasDestroy_v2(void* handle) {
  free(handle);
  return 0;
}
int cublasGetMathMode(void* handle, int* mode) {
  *mode = 0;
  return 0;
}
int cublasSetMathMode(void) { return 0; }
int cublasSetStream_v2(void) { return 0; }
const char* cublasGetStatusName(int status) { return "status of the stub"; }
const char* cublasGetStatusString(int status) { return "status of the stub"; }

#define LAUNCH(name)      \
  int name(void) {        \
    lsweep_stub_launch(); \
    return 0;             \
  }
LAUNCH(cublasDcopy_v2)
LAUNCH(cublasDgeam)
LAUNCH(cublasDgemmBatched)
LAUNCH(cublasDgemmStridedBatched)
LAUNCH(cublasDgemm_v2)
LAUNCH(cublasDgetrfBatched)
LAUNCH(cublasDgetriBatched)
LAUNCH(cublasGemmBatchedEx)
LAUNCH(cublasGemmEx)
LAUNCH(cublasGemmStridedBatchedEx)
LAUNCH(cublasScopy_v2)
LAUNCH(cublasSgeam)
LAUNCH(cublasSgemmBatched)
LAUNCH(cublasSgemmStridedBatched)
LAUNCH(cublasSgemm_v2)
LAUNCH(cublasSgetrfBatched)
LAUNCH(cublasSgetriBatched)
LAUNCH(cublasSscal_v2)
