#include <math.h>

#include "elements.h"
#include "recurrent_row.h"
#include "scalar_math.h"

#define MK_SOURCE "recurrent_loops.h"
#include "each_isa.h"

const mk_row_loops* mk_row_loops_of(mk_isa_level level, mk_dtype dtype) {
  static const mk_row_loops* const table[MK_ISAS][2] = {
      {&loops_base_f32, &loops_base_f64},
#if defined(__x86_64__)
      {&loops_avx2_f32, &loops_avx2_f64},
      {&loops_avx512_f32, &loops_avx512_f64},
#endif
  };
  return table[level][dtype == MK_F64];
}
