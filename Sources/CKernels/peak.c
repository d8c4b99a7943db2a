#include "mk_gemm.h"

#define MK_SOURCE "peak_loops.h"
#include "each_isa.h"

uint64_t mk_peak_flops(uint64_t iterations, mk_dtype dtype) {
  switch (mk_isa()) {
#if defined(__x86_64__)
    case MK_AVX512:
      return dtype == MK_F64 ? peak_f64_avx512(iterations) : peak_f32_avx512(iterations);
    case MK_AVX2: return dtype == MK_F64 ? peak_f64_avx2(iterations) : peak_f32_avx2(iterations);
#endif
    default: return dtype == MK_F64 ? peak_f64_base(iterations) : peak_f32_base(iterations);
  }
}
