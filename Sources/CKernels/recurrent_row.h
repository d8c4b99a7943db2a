// One sample's step of a recurrent cell: what the kernel (recurrent.c) hands to the loops.
#ifndef MK_RECURRENT_ROW_H
#define MK_RECURRENT_ROW_H

#include "mk_isa.h"
#include "mk_recurrent.h"

// U units, gates side by side. Pointers are null where there is nothing.
typedef struct {
  int64_t units;
  int activation, gate;
  const void *z, *product;           // [G, U]; without z the product is both
  const void *bias, *state_bias;     // [G, U]
  const void* gain;                  // [U]
  void* h;                           // [U], becomes that after the step
  const void* c;                     // [U]
  void* c_next;                      // [U], may be c
  void *input, *y;                   // [U]: h·gain, h
  void* kept;                        // [4, U]
} mk_row;

typedef struct {
  int64_t units;
  int activation, gate;
  const void *kept, *carry;          // [4, U], [U]
  const void *h_before, *h_after;    // [U]: GRU, simple
  const void *dy, *product, *gain;   // [U]: what arrives is dy + dh + product·gain
  void *dh, *dc;                     // [U], become those before the step, the product left out
  void *left, *at_input;             // [G, U]: at the state's product; GRU: at the input's
} mk_row_gradient;

typedef struct {
  void (*forward[3])(const mk_row* row);
  void (*backward[3])(const mk_row_gradient* row);
  // y = dh + dy + product·gain, of which dy and gain may be null.
  void (*arrive)(void* y, const void* dh, const void* dy, const void* product, const void* gain,
                 int64_t units);
  // y = x·gain.
  void (*scale)(void* y, const void* x, const void* gain, int64_t units);
} mk_row_loops;

const mk_row_loops* mk_row_loops_of(mk_isa_level level, mk_dtype dtype);

#endif
