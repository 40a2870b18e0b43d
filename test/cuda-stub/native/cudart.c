// Stands for libcudart.so.13: device memory is host memory, copies and memsets are real, kernels do nothing. Everything that costs
// time on a GPU is counted; lsweep_stub_counters gives the counts. Layouts of structures are those of CUDA 13.0 on x86-64.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_TO_HOST, HOST_TO_DEVICE, DEVICE_TO_HOST, DEVICE_TO_DEVICE };

/** Keep in step with counters.ts. */
struct counters {
  int64_t uploads, upload_bytes, kernel_uploads, kernel_upload_bytes, downloads, download_bytes, device_copies, device_copy_bytes;
  int64_t launches, memsets, syncs, graph_launches, allocations, live_bytes;
};
static struct counters count;
static int capturing = 0;

void lsweep_stub_counters(struct counters* out) { *out = count; }

/** Called for every kernel, those of cuBLAS too. What is captured is not launched: it runs when its graph is. */
void lsweep_stub_launch(void) {
  if (!capturing) count.launches++;
}

static void* handle(void) { return calloc(1, 256); }
static int give(void** out) {
  *out = handle();
  return 0;
}

// Devices -------------------------------------------------------------------------------------------------------------------------

#define DEVICE_BYTES (80ull << 30)
static size_t device_bytes(void) {
  const char* limit = getenv("LSWEEP_STUB_DEVICE_BYTES");
  return limit ? strtoull(limit, NULL, 10) : DEVICE_BYTES;
}
int cudaGetDeviceCount(int* devices) {
  *devices = getenv("LSWEEP_STUB_NO_DEVICE") ? 0 : 1;
  return *devices == 0 ? 100 : 0;  // cudaErrorNoDevice
}
int cudaGetDevice(int* device) {
  *device = 0;
  return 0;
}
static void put32(char* properties, size_t offset, int value) { memcpy(properties + offset, &value, sizeof value); }
static void put64(char* properties, size_t offset, uint64_t value) { memcpy(properties + offset, &value, sizeof value); }
/** struct cudaDeviceProp: 1,008 bytes, filled like an H100. */
int cudaGetDeviceProperties(char* properties, int device) {
  memset(properties, 0, 1008);
  strcpy(properties, "stub of an H100");
  put64(properties, 288, device_bytes());  // totalGlobalMem
  put64(properties, 296, 49152);           // sharedMemPerBlock
  put32(properties, 304, 65536);           // regsPerBlock
  put32(properties, 308, 32);              // warpSize
  put32(properties, 320, 1024);            // maxThreadsPerBlock
  put32(properties, 324, 1024);            // maxThreadsDim
  put32(properties, 328, 1024);
  put32(properties, 332, 64);
  put32(properties, 336, 2147483647);  // maxGridSize
  put32(properties, 340, 65535);
  put32(properties, 344, 65535);
  put32(properties, 360, 9);         // major
  put32(properties, 364, 0);         // minor
  put32(properties, 384, 132);       // multiProcessorCount
  put32(properties, 596, 50 << 20);  // l2CacheSize
  put32(properties, 604, 2048);      // maxThreadsPerMultiProcessor
  put64(properties, 624, 233472);    // sharedMemPerMultiprocessor
  put32(properties, 632, 65536);     // regsPerMultiprocessor
  put64(properties, 672, 232448);    // sharedMemPerBlockOptin
  put32(properties, 720, 1);         // memoryPoolsSupported
  return 0;
}
int cudaDeviceGetAttribute(int* value, int attribute, int device) {
  switch (attribute) {
    case 75: *value = 9; break;       // compute capability, major
    case 76: *value = 0; break;       // minor
    case 16: *value = 132; break;     // multiprocessors
    case 97: *value = 232448; break;  // shared memory per block, opt in
    default: *value = 1024;
  }
  return 0;
}
int cudaDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}
int cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return 0;
}
const char* cudaGetErrorString(int error) {
  return error == 2 ? "out of memory" : error == 100 ? "no CUDA-capable device is detected" : "error of the stub";
}
const char* cudaGetErrorName(int error) { return cudaGetErrorString(error); }

// Memory --------------------------------------------------------------------------------------------------------------------------

#define HEADER 256  // keeps the alignment of cudaMalloc
int cudaMalloc(void** out, size_t bytes) {
  if (count.live_bytes + bytes > device_bytes()) return 2;  // cudaErrorMemoryAllocation
  char* block = aligned_alloc(HEADER, (bytes + 2 * HEADER - 1) / HEADER * HEADER);
  if (!block) return 2;
  memset(block, 0, bytes + HEADER);
  memcpy(block, &bytes, sizeof bytes);
  *out = block + HEADER;
  count.allocations++;
  count.live_bytes += bytes;
  return 0;
}
int cudaFree(void* memory) {
  if (!memory) return 0;
  char* block = (char*)memory - HEADER;
  size_t bytes;
  memcpy(&bytes, block, sizeof bytes);
  count.live_bytes -= bytes;
  free(block);
  return 0;
}
int cudaMallocFromPoolAsync(void** out, size_t bytes, void* pool, void* stream) { return cudaMalloc(out, bytes); }
int cudaFreeAsync(void* memory, void* stream) { return cudaFree(memory); }
int cudaMallocHost(void** out, size_t bytes) {
  *out = calloc(1, bytes ? bytes : 1);
  return *out ? 0 : 2;
}
int cudaHostAlloc(void** out, size_t bytes, unsigned flags) { return cudaMallocHost(out, bytes); }
int cudaFreeHost(void* memory) {
  free(memory);
  return 0;
}
int cudaMemGetInfo(size_t* available, size_t* total) {
  *total = device_bytes();
  *available = *total - count.live_bytes;
  return 0;
}
static int copy(void* to, const void* from, size_t bytes, int kind) {
  if (kind == DEVICE_TO_HOST) count.downloads++, count.download_bytes += bytes;
  if (kind == DEVICE_TO_DEVICE) count.device_copies++, count.device_copy_bytes += bytes;
  memmove(to, from, bytes);
  return 0;
}
/** The trainer's own copies wait; ONNX Runtime's kernels bring their tables of sizes and pointers without waiting. */
int cudaMemcpy(void* to, const void* from, size_t bytes, int kind) {
  if (kind == HOST_TO_DEVICE) count.uploads++, count.upload_bytes += bytes;
  return copy(to, from, bytes, kind);
}
int cudaMemcpyAsync(void* to, const void* from, size_t bytes, int kind, void* stream) {
  if (kind == HOST_TO_DEVICE) count.kernel_uploads++, count.kernel_upload_bytes += bytes;
  return copy(to, from, bytes, kind);
}
int cudaMemcpy2DAsync(char* to, size_t to_pitch, const char* from, size_t from_pitch, size_t width, size_t height, int kind, void* stream) {
  for (size_t row = 0; row < height; row++) memmove(to + row * to_pitch, from + row * from_pitch, width);
  if (kind == DEVICE_TO_DEVICE) count.device_copies++, count.device_copy_bytes += width * height;
  return 0;
}
int cudaMemset(void* to, int value, size_t bytes) {
  count.memsets++;
  memset(to, value, bytes);
  return 0;
}
int cudaMemsetAsync(void* to, int value, size_t bytes, void* stream) { return cudaMemset(to, value, bytes); }

// Kernels, streams, graphs --------------------------------------------------------------------------------------------------------

struct dim3 {
  unsigned x, y, z;
};
int cudaLaunchKernel(const void* kernel, struct dim3 grid, struct dim3 block, void** arguments, size_t shared, void* stream) {
  lsweep_stub_launch();
  return 0;
}
int __cudaLaunchKernel(const void* kernel, struct dim3 grid, struct dim3 block, void** arguments, size_t shared, void* stream) {
  lsweep_stub_launch();
  return 0;
}
int cudaLaunchKernelExC(const void* config, const void* kernel, void** arguments) {
  lsweep_stub_launch();
  return 0;
}
int cudaStreamSynchronize(void* stream) {
  count.syncs++;
  return 0;
}
int cudaDeviceSynchronize(void) {
  count.syncs++;
  return 0;
}
int cudaEventSynchronize(void* event) {
  count.syncs++;
  return 0;
}
int cudaStreamCreate(void** stream) { return give(stream); }
int cudaStreamCreateWithFlags(void** stream, unsigned flags) { return give(stream); }
int cudaEventCreate(void** event) { return give(event); }
int cudaEventCreateWithFlags(void** event, unsigned flags) { return give(event); }
int cudaEventElapsedTime(float* milliseconds, void* from, void* to) {
  *milliseconds = 1;
  return 0;
}
int cudaStreamBeginCapture(void* stream, int mode) {
  capturing = 1;
  return 0;
}
int cudaStreamEndCapture(void* stream, void** graph) {
  capturing = 0;
  return give(graph);
}
int cudaStreamIsCapturing(void* stream, int* status) {
  *status = capturing;  // cudaStreamCaptureStatusNone, cudaStreamCaptureStatusActive
  return 0;
}
int cudaGraphInstantiate(void** executable, void* graph, unsigned long long flags) { return give(executable); }
int cudaGraphLaunch(void* executable, void* stream) {
  count.graph_launches++;
  return 0;
}
int cudaMemPoolCreate(void** pool, const void* properties) { return give(pool); }
/** struct cudaFuncAttributes: 144 bytes. */
int cudaFuncGetAttributes(char* attributes, const void* kernel) {
  memset(attributes, 0, 144);
  put32(attributes, 24, 1024);  // maxThreadsPerBlock
  put32(attributes, 28, 32);    // numRegs
  return 0;
}
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* kernel, int size, size_t shared, unsigned flags) {
  *blocks = 2;
  return 0;
}

// What nvcc's start-up code calls -------------------------------------------------------------------------------------------------

void** __cudaRegisterFatBinary(void* binary) { return handle(); }
void __cudaRegisterFatBinaryEnd(void** binary) {}
void __cudaUnregisterFatBinary(void** binary) {}
void __cudaRegisterFunction(void** b, const char* host, char* fun, const char* name, int limit, void* t, void* i, void* bd, void* gd, int* w) {}
void __cudaRegisterVar(void** b, char* host, char* address, const char* name, int external, size_t bytes, int constant, int global) {}
unsigned __cudaPushCallConfiguration(struct dim3 grid, struct dim3 block, size_t shared, void* stream) { return 0; }
int __cudaPopCallConfiguration(struct dim3* grid, struct dim3* block, size_t* shared, void** stream) {
  *grid = *block = (struct dim3){1, 1, 1};
  *shared = 0;
  *stream = NULL;
  return 0;
}
int __cudaGetKernel(void** kernel, const void* function) {
  *kernel = (void*)function;
  return 0;
}

// Nothing to do -------------------------------------------------------------------------------------------------------------------

#define NOTHING(name) \
  int name(void) { return 0; }
NOTHING(cudaEventDestroy)
NOTHING(cudaEventRecord)
NOTHING(cudaFuncSetAttribute)
NOTHING(cudaGetDriverEntryPointByVersion)
NOTHING(cudaGetLastError)
NOTHING(cudaGraphDestroy)
NOTHING(cudaGraphExecDestroy)
NOTHING(cudaKernelSetAttributeForDevice)
NOTHING(cudaLaunchHostFunc)
NOTHING(cudaLibraryGetKernel)
NOTHING(cudaLibraryLoadData)
NOTHING(cudaLibraryUnload)
NOTHING(cudaMemPoolDestroy)
NOTHING(cudaMemPoolGetAttribute)
NOTHING(cudaMemPoolSetAttribute)
NOTHING(cudaMemPoolTrimTo)
NOTHING(cudaMemcpyFromSymbol)
NOTHING(cudaPeekAtLastError)
NOTHING(cudaSetDevice)
NOTHING(cudaStreamDestroy)
NOTHING(cudaStreamWaitEvent)
