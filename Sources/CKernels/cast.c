#include "elements.h"
#include "mk_elementwise.h"

#define MK_SOURCE "cast_loops.h"
#include "each_isa.h"

mk_block_function mk_cast(mk_isa_level level, mk_dtype from, mk_dtype to) {
  if (from >= MK_DTYPES || to >= MK_DTYPES) return 0;
  switch (level) {
#if defined(__x86_64__)
    case MK_AVX512: return casts_avx512[from][to];
    case MK_AVX2: return casts_avx2[from][to];
#endif
    default: return casts_base[from][to];
  }
}
