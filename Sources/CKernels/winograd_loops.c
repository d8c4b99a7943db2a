#include "winograd.h"

#include "mk_isa.h"

enum { WINOGRAD_ALPHA = 6, WINOGRAD_SIDE = 4, WINOGRAD_WINDOW = 5 };  // the most of each
#define WINOGRAD_ROOT 0.70710678118654752f

#define MK_SOURCE "winograd_loops.h"
#include "each_isa.h"

const mk_winograd_transforms* mk_winograd_transforms_of(int64_t side, int64_t window) {
  switch (mk_isa()) {
#if defined(__x86_64__)
    case MK_AVX512: return winograd_of_avx512(side, window);
    case MK_AVX2: return winograd_of_avx2(side, window);
#endif
    default: return winograd_of_base(side, window);
  }
}
