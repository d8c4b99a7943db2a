#include "mk_elementwise.h"

#include <string.h>

#include "elements.h"
#include "scalar_math.h"

#define MK_SOURCE "elementwise_loops.h"
#include "each_isa.h"

mk_block_function mk_block(mk_isa_level level, mk_operation operation, mk_dtype dtype) {
  if (operation >= MK_OPERATION_COUNT || dtype >= MK_DTYPES) return 0;
  switch (level) {
#if defined(__x86_64__)
    case MK_AVX512: return blocks_avx512[operation][dtype];
    case MK_AVX2: return blocks_avx2[operation][dtype];
#endif
    default: return blocks_base[operation][dtype];
  }
}
