// Pooling, channels last, over up to three spatial axes.
#ifndef MK_POOL_H
#define MK_POOL_H

#include "mk_call.h"

typedef struct {
  int64_t batch, channels;
  int64_t in[3], window[3], out[3], stride[3], before[3];
} mk_pool_shape;

typedef struct {
  mk_pool_shape shape;
  mk_ref x, dy, y;
  mk_dtype dtype;            // MK_F32 or MK_F64 (max and select: also the integer types)
  uint8_t count_outside;     // average: 1 divides by the whole window, 0 by the part in the image
  uint8_t clips;             // gradient of max: 1 goes on through the gradient of relu, which gave x
} mk_pool_args;

// y = the largest of each window; positions outside count as -inf (of integers: the lowest); NaN wins.
void mk_max_pool(const void* args, const mk_context* context);
// y [in] = dy summed to the first largest position of each window of x (the first NaN, if any);
// where `clips`, that as MK_RELU_GRADIENT leaves it, x being what relu gave.
void mk_max_pool_gradient(const void* args, const mk_context* context);
// y [out] = dy [in] read at the first largest position of each window of x: the adjoint of the above.
void mk_max_pool_select(const void* args, const mk_context* context);
// y = the mean of each window of x; and its adjoint, y [in] from dy [out].
void mk_average_pool(const void* args, const mk_context* context);
void mk_average_pool_gradient(const void* args, const mk_context* context);

#endif
