// The micro-kernels of one instruction set, for both floating types (see gemm_tile.h).
#if MK_LEVEL == 2
#include "transpose_few.h"
#endif
#define REAL float
#define TYPE f32
#include "gemm_tile.h"
#undef REAL
#undef TYPE
#define REAL double
#define TYPE f64
#include "gemm_tile.h"
#undef REAL
#undef TYPE
