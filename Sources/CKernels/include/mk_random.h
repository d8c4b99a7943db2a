// Random numbers from a counter: Philox 4x32-10 (Salmon et al., SC 2011).
#ifndef MK_RANDOM_H
#define MK_RANDOM_H

#include "mk_call.h"

// Element i of y depends on the key (2 × uint64: seed, stream) and i alone, whatever the threads.
enum {
  MK_UNIFORM = 0,      // [0, 1): 24 random bits (float32), 53 (float64)
  MK_NORMAL = 1,       // mean 0, deviation 1 (Box–Muller)
  MK_TRUNCATED = 2,    // the same, within ±2 (inverse of the normal distribution)
  MK_BERNOULLI = 3,    // bool, uniform < p with the same key (p: one element of float32 at `parameter`)
  MK_BITS = 4,         // int32/int64: all bits random
  MK_INTEGERS = 5      // int32/int64 in [low, high): two int64 at `parameter`, without bias that matters
};
typedef struct {
  mk_ref y, key, parameter;
  uint64_t count;
  uint8_t distribution;
  mk_dtype dtype;  // of y
} mk_random_args;
void mk_random(const void* args, const mk_context* context);

#endif
