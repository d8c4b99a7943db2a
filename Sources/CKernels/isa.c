#include "mk_isa.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

static unsigned long long enabled_state(void) {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((unsigned long long)high << 32) | low;
}

static mk_isa_level highest(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return MK_BASE;
  int fma = c & bit_FMA, xsave = c & bit_OSXSAVE, f16c = c & bit_F16C;
  if (!fma || !xsave || !f16c) return MK_BASE;
  unsigned long long state = enabled_state();
  if ((state & 0x6) != 0x6) return MK_BASE;  // the system saves xmm and ymm
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2)) return MK_BASE;
  unsigned wanted = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  if ((b & wanted) == wanted && (state & 0xe6) == 0xe6) return MK_AVX512;  // and zmm, and masks
  return MK_AVX2;
}
#else
static mk_isa_level highest(void) { return MK_BASE; }
#endif

const char* mk_isa_name(mk_isa_level level) {
  switch (level) {
    case MK_AVX512: return "avx512";
    case MK_AVX2: return "avx2";
#if defined(__aarch64__)
    default: return "neon";
#else
    default: return "sse2";
#endif
  }
}

int mk_isa_supported(mk_isa_level level) { return level <= highest(); }

static mk_isa_level chosen(void) {
  const char* name = getenv("MARTLET_ISA");
  mk_isa_level best = highest();
  for (mk_isa_level level = MK_BASE; name && level < best; level++)
    if (strcmp(name, mk_isa_name(level)) == 0) return level;
  return best;
}

mk_isa_level mk_isa(void) {
  // Worked out anew by each thread that races for the first call, always to the same value.
  static _Atomic int known = -1;
  int level = known;
  if (level < 0) known = level = chosen();
  return level;
}
