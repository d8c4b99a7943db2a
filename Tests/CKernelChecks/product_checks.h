// What the checks of products and convolutions share.
#ifndef PRODUCT_CHECKS_H
#define PRODUCT_CHECKS_H

#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static inline double element(const void* x, mk_dtype dtype, int64_t index) {
  return dtype == MK_F64 ? ((const double*)x)[index] : (double)((const float*)x)[index];
}

// Elements in (-1, 1), from a linear congruential generator.
static inline void* random_elements(mk_dtype dtype, int64_t count, uint64_t seed) {
  void* x = malloc((size_t)(count > 0 ? count : 1) * mk_size(dtype));
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 12345;
  for (int64_t i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    double value = (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
    if (dtype == MK_F64) ((double*)x)[i] = value;
    else ((float*)x)[i] = (float)value;
  }
  return x;
}

// All parts, the last first: their order must not matter. Scratch is exactly what was asked for,
// and holds NaN, so that reading it before writing shows.
static inline void run_in_parts(mk_run run, const void* args, void* const* bases,
                                size_t scratch_bytes, uint32_t parts) {
  void* scratch = NULL;
  if (posix_memalign(&scratch, 64, scratch_bytes + !scratch_bytes)) abort();
  for (uint32_t part = parts; part-- > 0;) {
    memset(scratch, 0xff, scratch_bytes);
    mk_context context = {.bases = bases, .scratch = scratch, .part = part, .parts = parts};
    run(args, &context);
  }
  free(scratch);
}

// y = relu(y), in place: the smallest epilogue.
typedef struct {
  mk_operand operand;
  mk_step step;
  mk_result result;
} relu_parts;

static inline void make_relu(mk_program* program, relu_parts* parts, mk_dtype dtype, mk_ref y,
                             uint64_t count) {
  *parts = (relu_parts){.operand = {.ref = y, .reg = 0, .dtype = dtype, .kind = MK_DENSE},
                        .step = {.run = mk_block(mk_isa(), MK_RELU, dtype), .y = 1, .a = 0},
                        .result = {.ref = y, .reg = 1, .dtype = dtype}};
  *program = (mk_program){.count = count,
                          .rank = 1,
                          .register_count = 2,
                          .register_bytes = (uint32_t)(MK_BLOCK * mk_size(dtype)),
                          .operand_count = 1,
                          .step_count = 1,
                          .result_count = 1,
                          .operands = &parts->operand,
                          .steps = &parts->step,
                          .results = &parts->result};
  program->size[0] = (int64_t)count;
}

#endif
