#include "gemm_kernels.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// NAME(tile) is tile_avx512_f32 and so on.
#define NAME(name) MK_PASTE(MK_NAME(name), TYPE)

// A kernel exists only as copies with constant sizes.
#define INLINE static inline __attribute__((always_inline))

#define MK_SOURCE "gemm_loops.h"
#include "each_isa.h"

const mk_gemm_kernels* mk_gemm_kernels_of(mk_isa_level level, mk_dtype dtype) {
  static const mk_gemm_kernels* const table[MK_ISAS][2] = {
      {&kernels_base_f32, &kernels_base_f64},
#if defined(__x86_64__)
      {&kernels_avx2_f32, &kernels_avx2_f64},
      {&kernels_avx512_f32, &kernels_avx512_f64},
#endif
  };
  return table[level][dtype == MK_F64];
}
