// Random masks, block by block, for whoever needs them where they are used.
#ifndef MK_RANDOM_BLOCKS_H
#define MK_RANDOM_BLOCKS_H

#include "mk_random.h"

typedef struct {
  uint32_t rounds[20];  // the key of each round, both halves
  uint64_t stream;      // the counter's upper half
} random_key;

// The draws of one key and one probability.
typedef struct {
  random_key key;
  int32_t threshold;
} mk_bernoulli;

// `key` and `probability` as the references of mk_random_args.
void mk_bernoulli_begin(mk_bernoulli* draw, const void* key, const void* probability);

// y[i] = element start + i of what mk_random writes for MK_BERNOULLI.
void mk_bernoulli_block(const mk_bernoulli* draw, uint64_t start, size_t count, uint8_t* y);

#endif
