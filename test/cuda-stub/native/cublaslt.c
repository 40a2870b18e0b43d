// Stands for libcublasLt.so.13: offers no algorithm, so that callers take cuBLAS; what is called nevertheless is counted.

#include <stdlib.h>

void lsweep_stub_launch(void);

int cublasLtCreate(void** handle) {
  *handle = calloc(1, 256);
  return 0;
}
int cublasLtMatmulAlgoGetHeuristic(void* h, void* o, void* a, void* b, void* c, void* d, void* p, int asked, void* results, int* found) {
  *found = 0;
  return 0;
}
int cublasLtMatmul(void) {
  lsweep_stub_launch();
  return 0;
}
int cublasLtMatrixTransform(void) {
  lsweep_stub_launch();
  return 0;
}

#define NOTHING(name) \
  int name(void) { return 0; }
NOTHING(cublasLtDestroy)
NOTHING(cublasLtMatmulAlgoConfigSetAttribute)
NOTHING(cublasLtMatmulAlgoInit)
NOTHING(cublasLtMatmulDescCreate)
NOTHING(cublasLtMatmulDescDestroy)
NOTHING(cublasLtMatmulDescSetAttribute)
NOTHING(cublasLtMatmulPreferenceCreate)
NOTHING(cublasLtMatmulPreferenceDestroy)
NOTHING(cublasLtMatmulPreferenceSetAttribute)
NOTHING(cublasLtMatrixLayoutCreate)
NOTHING(cublasLtMatrixLayoutDestroy)
NOTHING(cublasLtMatrixLayoutSetAttribute)
NOTHING(cublasLtMatrixTransformDescCreate)
NOTHING(cublasLtMatrixTransformDescDestroy)
