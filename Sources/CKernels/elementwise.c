#include "mk_elementwise.h"

#include <string.h>

#include "chain.h"
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

mk_chain_function mk_chain(mk_isa_level level) {
  switch (level) {
#if defined(__x86_64__)
    case MK_AVX512: return chain_avx512;
    case MK_AVX2: return chain_avx2;
#endif
    default: return chain_base;
  }
}

uint16_t mk_link_code(mk_operation operation, int form) {
  switch (operation) {
#define X(name, expression) case MK_##name:
    MK_SHORT_BINARY(X) MK_LONG_BINARY(X) return (uint16_t)MK_LINK(operation, form);
    MK_SHORT_UNARY(X) MK_LONG_UNARY(X) return form == MK_FIRST ? (uint16_t)MK_LINK(operation, form) : 0;
#undef X
    default: return 0;
  }
}
