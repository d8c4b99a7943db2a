// Copies between any two views, and fills.
//
// A copy is first brought into one of few forms: axes of size 1 go, axes are put in the order in
// which y lies in memory, neighbours that step alike in both views become one. What is left is a
// loop over outer axes of runs, of transposes, or of single strided rows.
#include "mk_move.h"

#include <string.h>

#include "elements.h"
#include "mk_isa.h"

typedef void (*transpose)(const char* x, int64_t x_row, char* y, int64_t y_row, size_t rows, size_t columns);
typedef struct {
  transpose of8, of32, of64;
} transpose_loops;

#define MK_SOURCE "copy_loops.h"
#include "each_isa.h"

static transpose transpose_of(uint8_t bytes) {
  const transpose_loops* loops;
  switch (mk_isa()) {
#if defined(__x86_64__)
    case MK_AVX512: loops = &transposes_avx512; break;
    case MK_AVX2: loops = &transposes_avx2; break;
#endif
    default: loops = &transposes_base; break;
  }
  return bytes == 4 ? loops->of32 : bytes == 8 ? loops->of64 : loops->of8;
}

typedef struct {
  int64_t size, x, y;  // elements; strides in bytes
} axis;

static int64_t magnitude(int64_t a) { return a < 0 ? -a : a; }

// The axes of a copy, outermost first in the order of y; returns how many, or -1 if there is nothing
// to copy. At least one.
static int axes_of(const mk_copy_args* args, axis* axes) {
  int rank = 0;
  for (uint32_t i = 0; i < args->rank; i++) {
    if (args->size[i] <= 0) return -1;
    if (args->size[i] == 1) continue;
    axis a = {args->size[i], args->x_stride[i] * args->bytes, args->y_stride[i] * args->bytes};
    int at = rank++;
    for (; at > 0 && magnitude(axes[at - 1].y) < magnitude(a.y); at--) axes[at] = axes[at - 1];
    axes[at] = a;
  }
  if (rank == 0) axes[rank++] = (axis){1, args->bytes, args->bytes};
  int kept = 0;
  for (int i = 1; i < rank; i++) {
    axis *outer = &axes[kept], inner = axes[i];
    if (outer->x == inner.x * inner.size && outer->y == inner.y * inner.size)
      *outer = (axis){outer->size * inner.size, inner.x, inner.y};
    else
      axes[++kept] = inner;
  }
  return kept + 1;
}

// y[i] = x[i] for `size` elements of any strides.
#define DEFINE_ROW(bits)                                                                        \
  static void row##bits(const char* x, int64_t x_step, char* y, int64_t y_step, int64_t size) { \
    typedef uint##bits##_t element __attribute__((aligned(1), may_alias));                      \
    enum { SIZE = bits / 8 };                                                                   \
    if (y_step == SIZE && x_step == 0) {                                                        \
      element one = *(const element*)x;                                                         \
      for (int64_t i = 0; i < size; i++) ((element*)y)[i] = one;                                \
    } else if (y_step == SIZE && x_step == -SIZE) {                                             \
      MK_VECTOR_LOOP                                                                            \
      for (int64_t i = 0; i < size; i++) ((element*)y)[i] = ((const element*)x)[-i];            \
    } else {                                                                                    \
      for (int64_t i = 0; i < size; i++)                                                        \
        *(element*)(y + i * y_step) = *(const element*)(x + i * x_step);                        \
    }                                                                                           \
  }
DEFINE_ROW(8)
DEFINE_ROW(32)
DEFINE_ROW(64)

// Short runs do without a call.
static inline void run_of(char* y, const char* x, size_t bytes) {
  if (bytes > 64) {
    memcpy(y, x, bytes);
    return;
  }
  if (bytes >= 16) {
    size_t i = 0;
    for (; i + 16 <= bytes; i += 16) __builtin_memcpy(y + i, x + i, 16);
    __builtin_memcpy(y + bytes - 16, x + bytes - 16, 16);
  } else if (bytes >= 8) {
    __builtin_memcpy(y, x, 8);
    __builtin_memcpy(y + bytes - 8, x + bytes - 8, 8);
  } else if (bytes >= 4) {
    __builtin_memcpy(y, x, 4);
    __builtin_memcpy(y + bytes - 4, x + bytes - 4, 4);
  } else {
    for (size_t i = 0; i < bytes; i++) y[i] = x[i];
  }
}

void mk_copy(const void* pointer, const mk_context* context) {
  const mk_copy_args* args = pointer;
  axis axes[MK_RANK];
  int rank = axes_of(args, axes);
  if (rank < 0) return;
  int64_t bytes = args->bytes;
  const char* x = mk_at(context, args->x);
  char* y = mk_at(context, args->y);

  // The form: runs along the last axis; or a transpose of it and another; or strided rows.
  axis* last = &axes[rank - 1];
  int is_run = last->x == bytes && last->y == bytes, other = -1;
  if (!is_run && last->y == bytes && last->x != 0)
    for (int i = 0; i < rank - 1; i++)
      if (axes[i].x == bytes && axes[i].size * last->size > 4) other = i;

  // Parts share the outermost axis that is long enough, else the longest.
  int shared = 0;
  for (int i = 0; i < rank; i++) {
    int is_inner = i == rank - 1 || i == other;
    int64_t grain = is_inner ? 64 : 1;
    if (axes[i].size >= 4 * grain * context->parts) {
      shared = i;
      break;
    }
    if (axes[i].size > axes[shared].size) shared = i;
  }
  size_t begin, end;
  if (shared == rank - 1 || shared == other) {  // whole cache lines each
    size_t units = ((size_t)axes[shared].size + 63) / 64;
    mk_share(units, context->part, context->parts, &begin, &end);
    begin *= 64;
    end = end * 64 < (size_t)axes[shared].size ? end * 64 : (size_t)axes[shared].size;
  } else {
    mk_share((size_t)axes[shared].size, context->part, context->parts, &begin, &end);
  }
  if (begin >= end) return;
  x += (int64_t)begin * axes[shared].x;
  y += (int64_t)begin * axes[shared].y;
  axes[shared].size = (int64_t)(end - begin);

  axis inner = *last, crossed = other >= 0 ? axes[other] : (axis){1, 0, 0};
  int outers = rank - 1;
  if (other >= 0) {
    for (int i = other; i < outers - 1; i++) axes[i] = axes[i + 1];
    outers--;
  }
  transpose square = transpose_of(args->bytes);
  int64_t index[MK_RANK] = {0};
  for (;;) {
    if (is_run) run_of(y, x, (size_t)(inner.size * bytes));
    else if (other >= 0) square(x, inner.x, y, crossed.y, (size_t)inner.size, (size_t)crossed.size);
    else if (bytes == 4) row32(x, inner.x, y, inner.y, inner.size);
    else if (bytes == 8) row64(x, inner.x, y, inner.y, inner.size);
    else row8(x, inner.x, y, inner.y, inner.size);
    int i = outers - 1;
    for (; i >= 0; i--) {
      x += axes[i].x;
      y += axes[i].y;
      if (++index[i] < axes[i].size) break;
      x -= axes[i].x * axes[i].size;
      y -= axes[i].y * axes[i].size;
      index[i] = 0;
    }
    if (i < 0) return;
  }
}

void mk_fill(const void* pointer, const mk_context* context) {
  const mk_fill_args* args = pointer;
  size_t begin, end;
  mk_share((args->count + 63) / 64, context->part, context->parts, &begin, &end);
  begin *= 64;
  end = end * 64 < args->count ? end * 64 : args->count;
  if (begin >= end) return;
  const char* x = mk_at(context, args->x);
  char* y = (char*)mk_at(context, args->y) + begin * args->bytes;
  if (args->bytes == 4) row32(x, 0, y, 4, (int64_t)(end - begin));
  else if (args->bytes == 8) row64(x, 0, y, 8, (int64_t)(end - begin));
  else memset(y, *(const unsigned char*)x, end - begin);
}
