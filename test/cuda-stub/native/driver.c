// Stands for the driver's libcuda.so.1 and for libcurand.so.10, of which the provider needs to find the names only.

int cuInit(unsigned flags) { return 0; }
