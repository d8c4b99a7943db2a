// Reductions over a fused elementwise program, in a fixed order.
#ifndef MK_REDUCE_H
#define MK_REDUCE_H

#include "mk_elementwise.h"

enum { MK_SUM = 0, MK_PROD = 1, MK_MAX = 2, MK_MIN = 3, MK_ANY = 4, MK_ALL = 5 };

// y[o, i] = reduction over r of map(o, r, i); map's iteration space is [outer, reduced, inner] in
// row major order (its own axes may be finer; their products agree). The map has one result.
// inner = 1 reduces rows; inner > 1 reduces columns, with vector lanes along the columns.
//
// The order is a function of the sizes and the type only: `reduced` is cut into chunks of
// mk_reduce_chunk(...) elements, a chunk is summed in a fixed lane order, chunks are added in
// index order. With chunks > 1 the first call writes partials [outer, chunks, inner] to `y` (which
// is then a workspace) and a second call, a reduction of chunks, finishes; see `only_chunks`.
//
// SUM and PROD of float32 and float64 accumulate in their own type (wide integers wrap in int64 for
// int64, in their own type else); MAX and MIN pass NaN on. ANY and ALL take bool, give bool.
// An empty reduction gives 0, 1, -inf or the lowest, +inf or the highest, false, true.
//
// Several reductions of one iteration space take one walk: the map's first 1 + more results are what
// each reduces, and each has the bits it would have alone. Results after those go to their memory.
enum { MK_REDUCE_MORE = 3 };
typedef struct {
  const mk_program* map;
  mk_ref y;
  uint64_t outer, reduced, inner;
  uint64_t chunk;        // elements of `reduced` in one chunk
  uint8_t operation;
  mk_dtype dtype;        // of map's result and of y
  uint8_t only_chunks;   // 1: y is [outer, ceil(reduced / chunk), inner], one value a chunk
  uint8_t more;          // reductions beside the first
  mk_ref others[MK_REDUCE_MORE];  // their y
} mk_reduce_args;

// The length of a chunk: a function of the sizes alone (and not of outer, so that a sample's sum does
// not depend on its batch), at least 1, at most 32 chunks. A small reduction is one chunk; only a
// big one with few outputs is worth two calls. One call with only_chunks 0 gives the same bits.
uint64_t mk_reduce_chunk(uint64_t outer, uint64_t reduced, uint64_t inner, mk_dtype dtype);

// The kernel. Parts share outer, or the chunks, or the columns: whatever there is enough of.
void mk_reduce(const void* args, const mk_context* context);
size_t mk_reduce_scratch(const mk_reduce_args* args);

// The length of a chunk: a function of the sizes and the type only.
uint64_t mk_reduce_chunk(uint64_t outer, uint64_t reduced, uint64_t inner, mk_dtype dtype);

// y[o, i] = index of the first largest (smallest) of x[o, :, i], int32; a NaN counts as the extreme,
// the first NaN wins (as NumPy). x is dense.
typedef struct {
  mk_ref x, y;
  uint64_t outer, reduced, inner;
  mk_dtype dtype;   // of x
  uint8_t minimum;  // 1: argmin
} mk_arg_args;
void mk_arg_extreme(const void* args, const mk_context* context);

// y[o, r, i] = sum (product) of x[o, 0...r, i]; exclusive leaves x[r] out; reverse runs from the end.
typedef struct {
  mk_ref x, y;
  uint64_t outer, reduced, inner;
  mk_dtype dtype;
  uint8_t product, exclusive, reverse;
} mk_cumulate_args;
void mk_cumulate(const void* args, const mk_context* context);

#endif
