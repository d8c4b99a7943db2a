// Moving elements: copies between any two views, gathers, scatters, sorts.
#ifndef MK_MOVE_H
#define MK_MOVE_H

#include "mk_call.h"

// y[i] = x[i] over `size`, both strided (in elements; x's strides may be 0 or negative). Blocks of a
// transpose are moved through registers. Parts share the elements.
typedef struct {
  mk_ref x, y;
  int64_t size[MK_RANK], x_stride[MK_RANK], y_stride[MK_RANK];
  uint32_t rank;
  uint8_t bytes;  // of one element: 1, 4 or 8
} mk_copy_args;
void mk_copy(const void* args, const mk_context* context);

// y[i] = the one element of x.
typedef struct {
  mk_ref x, y;
  uint64_t count;
  uint8_t bytes;
} mk_fill_args;
void mk_fill(const void* args, const mk_context* context);

// y[o, j, i] = x[o, index[j], i]: x is [outer, axis, inner], index [count] of int32 or int64, y
// [outer, count, inner]. A negative index counts from the end. The first index out of range is
// stored to `error` (two int64: position + 1, 0 = none; the index), whatever it held before, and reads as 0.
typedef struct {
  mk_ref x, index, y, error;
  uint64_t outer, axis, inner, count;
  mk_dtype index_dtype;
  uint8_t bytes;
} mk_gather_args;
void mk_gather(const void* args, const mk_context* context);

// y = 0; y[o, index[j], i] += x[o, j, i], in the order of j: y is [outer, axis, inner], x [outer,
// count, inner]. Parts share outer and inner, never the axis. Bad indices as above, and are left out.
typedef struct {
  mk_ref x, index, y, error;
  uint64_t outer, axis, inner, count;
  mk_dtype index_dtype, dtype;
} mk_scatter_args;
void mk_scatter_add(const void* args, const mk_context* context);

// The same with an index per element: y[o, j, i] = x[o, index[o, j, i], i], index [outer, count,
// inner]; and its adjoint y = 0; y[o, index[o, j, i], i] += x[o, j, i]. (take along an axis)
void mk_gather_along(const void* args, const mk_context* context);       // mk_gather_args
void mk_scatter_add_along(const void* args, const mk_context* context);  // mk_scatter_args

// Sorts x [outer, axis, inner] along the axis, stably; NaN last (in a descending sort: first, as the
// reversed order). `indices` (int32) and `values` are both written; either may be absent (has_ = 0). `values` is
// not x: elements are read after others are written.
typedef struct {
  mk_ref x, values, indices;
  uint64_t outer, axis, inner;
  mk_dtype dtype;
  uint8_t descending, has_values, has_indices;
} mk_sort_args;
void mk_sort(const void* args, const mk_context* context);
size_t mk_sort_scratch(const mk_sort_args* args);

#endif
