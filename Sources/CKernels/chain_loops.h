// Chains of one instruction set: part of elementwise_loops.h, whose block functions they call.
//
// A strip of MK_STRIP_VECTORS vectors goes through all links, and only then comes the next one. What
// follows the last whole strip goes vector by vector.

// What lies half a page further on is fetched meanwhile: with a stream for each operand, the
// processor's own guesses come too late.
MK_INLINE Floats V(load_ahead)(const char* x) {
  enum { AHEAD = 2048 };
  __builtin_prefetch(x + AHEAD);
  return V(load)(x);
}

#define PASS V(strip_pass)
#define VECTORS MK_STRIP_VECTORS
#define EACH EIGHT
#include "chain_pass.h"
#undef PASS
#undef VECTORS
#undef EACH
#define PASS V(vector_pass)
#define VECTORS 1
#define EACH ONE
#include "chain_pass.h"
#undef PASS
#undef VECTORS
#undef EACH

static void V(chain)(const mk_bound_link* links, size_t start, size_t count) {
  enum { STRIP_BYTES = MK_STRIP_VECTORS * MK_BYTES };
  const size_t at = start * sizeof(float), end = at + count * sizeof(float);
  const size_t strips_end = at + (end - at) / STRIP_BYTES * STRIP_BYTES;
  const size_t vectors_end = at + (end - at) / MK_BYTES * MK_BYTES;
  if (at < strips_end) V(strip_pass)(links, at, strips_end, MK_LANES);
  if (strips_end < vectors_end) V(vector_pass)(links, strips_end, vectors_end, MK_LANES);
  if (vectors_end < end) V(vector_pass)(links, vectors_end, end, (end - vectors_end) / sizeof(float));
}
