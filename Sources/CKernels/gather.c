// Gathers and their adjoints, scatter-adds.
//
// An axis of x or y is addressed by an index: o runs over `outer`, j over `count`, i over `inner`.
#include <string.h>

#include "elements.h"
#include "mk_move.h"

static inline int64_t index_at(const char* index, mk_dtype dtype, size_t i) {
  return dtype == MK_I64 ? ((const mk_i64*)index)[i] : ((const mk_i32*)index)[i];
}

// The position on the axis that an index means; `axis` if it is out of range.
static inline uint64_t place(int64_t index, uint64_t axis) {
  uint64_t at = (uint64_t)(index < 0 ? index + (int64_t)axis : index);
  return at < axis ? at : axis;
}

// One part looks at all indices: that is the only way to know the first without waiting for others.
static void report(const char* index, mk_dtype dtype, size_t count, uint64_t axis, void* error,
                   const mk_context* context) {
  if (context->part != 0) return;
  int64_t found[2] = {0, 0};
  enum { STRIDE = 512 };
  for (size_t i = 0; i < count && !found[0]; i += STRIDE) {
    size_t end = i + STRIDE < count ? i + STRIDE : count;
    uint32_t bad = 0;  // looked for a block at a time, without a branch: there are next to none
    if (dtype == MK_I64)
      for (size_t j = i; j < end; j++) bad |= place(((const mk_i64*)index)[j], axis) == axis;
    else
      for (size_t j = i; j < end; j++) bad |= place(((const mk_i32*)index)[j], axis) == axis;
    for (size_t j = i; bad && j < end && !found[0]; j++)
      if (place(index_at(index, dtype, j), axis) == axis) {
        found[0] = (int64_t)j + 1;
        found[1] = index_at(index, dtype, j);
      }
  }
  memcpy(error, found, sizeof found);
}

// The lines that a part has of outer × inner: whole rows of inner where there are enough, else
// stretches of inner.
typedef struct {
  size_t outer_begin, outer_end, inner_begin, inner_end;
} share_of_lines;

static share_of_lines share_lines(uint64_t outer, uint64_t inner, const mk_context* context) {
  share_of_lines s = {0, outer, 0, inner};
  if (outer >= context->parts || inner < 2 * 16) {
    mk_share(outer, context->part, context->parts, &s.outer_begin, &s.outer_end);
  } else {
    mk_share((inner + 15) / 16, context->part, context->parts, &s.inner_begin, &s.inner_end);
    s.inner_begin *= 16;
    s.inner_end = s.inner_end * 16 < inner ? s.inner_end * 16 : inner;
  }
  return s;
}

// MARK: Gather

void mk_gather(const void* pointer, const mk_context* context) {
  const mk_gather_args* args = pointer;
  const char *x = mk_at(context, args->x), *index = mk_at(context, args->index);
  char* y = mk_at(context, args->y);
  report(index, args->index_dtype, args->count, args->axis, mk_at(context, args->error), context);
  size_t bytes = args->bytes, run = args->inner * bytes, begin, end;
  if (run == 0 || args->count == 0) return;
  mk_share(args->outer * args->count, context->part, context->parts, &begin, &end);
  for (size_t at = begin; at < end;) {
    size_t o = at / args->count, j = at % args->count;
    size_t stop = args->count - j < end - at ? args->count : j + (end - at);
    const char* from = x + o * args->axis * run;
    char* to = y + at * run;
    at += stop - j;
#define EACH_INDEX(copy, zero)                                                  \
  for (; j < stop; j++, to += run) {                                            \
    uint64_t k = place(index_at(index, args->index_dtype, j), args->axis);      \
    if (k < args->axis) copy;                                                   \
    else zero;                                                                  \
  }
    if (run == 4) {
      EACH_INDEX(*(mk_i32*)to = *(const mk_i32*)(from + 4 * k), *(mk_i32*)to = 0)
    } else if (run == 8) {
      EACH_INDEX(*(mk_i64*)to = *(const mk_i64*)(from + 8 * k), *(mk_i64*)to = 0)
    } else {
      EACH_INDEX(memcpy(to, from + k * run, run), memset(to, 0, run))
    }
#undef EACH_INDEX
  }
}

void mk_gather_along(const void* pointer, const mk_context* context) {
  const mk_gather_args* args = pointer;
  const char *x = mk_at(context, args->x), *index = mk_at(context, args->index);
  char* y = mk_at(context, args->y);
  size_t total = args->outer * args->count * args->inner, begin, end;
  report(index, args->index_dtype, total, args->axis, mk_at(context, args->error), context);
  if (total == 0) return;
  // Rows of inner are shared; if they are few, so are their elements.
  mk_share(total, context->part, context->parts, &begin, &end);
  size_t inner = args->inner, o = begin / inner / args->count, j = begin / inner % args->count;
  size_t i = begin % inner;
  for (size_t at = begin; at < end; at++) {
    uint64_t k = place(index_at(index, args->index_dtype, at), args->axis);
    size_t from = (o * args->axis + k) * inner + i;
    int is_good = k < args->axis;
    if (args->bytes == 4) ((mk_i32*)y)[at] = is_good ? ((const mk_i32*)x)[from] : 0;
    else if (args->bytes == 8) ((mk_i64*)y)[at] = is_good ? ((const mk_i64*)x)[from] : 0;
    else y[at] = is_good ? x[from] : 0;
    if (++i == inner) {
      i = 0;
      if (++j == args->count) j = 0, o++;
    }
  }
}

// MARK: Scatter

// y[i] += x[i]; bool: or.
#define ADD_LOOP(type, expression)                                                 \
  {                                                                                \
    type* to = (type*)y;                                                           \
    const type* from = (const type*)x;                                             \
    for (size_t i = 0; i < count; i++) to[i] = expression;                         \
  }                                                                                \
  break

static inline void add_run(char* restrict y, const char* restrict x, size_t count, mk_dtype dtype) {
  switch (dtype) {
    case MK_F32: ADD_LOOP(mk_f32, to[i] + from[i]);
    case MK_F64: ADD_LOOP(mk_f64, to[i] + from[i]);
    case MK_I32: ADD_LOOP(mk_i32, (int32_t)((uint32_t)to[i] + (uint32_t)from[i]));
    case MK_I64: ADD_LOOP(mk_i64, (int64_t)((uint64_t)to[i] + (uint64_t)from[i]));
    case MK_U8: ADD_LOOP(mk_u8, (uint8_t)(to[i] + from[i]));
    default: ADD_LOOP(mk_bool, to[i] | from[i]);
  }
}

static void zero_lines(const mk_scatter_args* args, char* y, share_of_lines s) {
  size_t bytes = mk_size(args->dtype), run = (s.inner_end - s.inner_begin) * bytes;
  if (run == args->inner * bytes && s.outer_end > s.outer_begin) {
    memset(y + s.outer_begin * args->axis * run, 0, (s.outer_end - s.outer_begin) * args->axis * run);
    return;
  }
  for (size_t row = s.outer_begin * args->axis; row < s.outer_end * args->axis; row++)
    memset(y + (row * args->inner + s.inner_begin) * bytes, 0, run);
}

void mk_scatter_add(const void* pointer, const mk_context* context) {
  const mk_scatter_args* args = pointer;
  const char *x = mk_at(context, args->x), *index = mk_at(context, args->index);
  char* y = mk_at(context, args->y);
  report(index, args->index_dtype, args->count, args->axis, mk_at(context, args->error), context);
  share_of_lines s = share_lines(args->outer, args->inner, context);
  size_t bytes = mk_size(args->dtype), inner = args->inner, run = s.inner_end - s.inner_begin;
  if (s.inner_begin >= s.inner_end) return;
  zero_lines(args, y, s);
  for (size_t o = s.outer_begin; o < s.outer_end; o++)
    for (size_t j = 0; j < args->count; j++) {
      uint64_t k = place(index_at(index, args->index_dtype, j), args->axis);
      if (k == args->axis) continue;
      add_run(y + ((o * args->axis + k) * inner + s.inner_begin) * bytes,
              x + ((o * args->count + j) * inner + s.inner_begin) * bytes, run, args->dtype);
    }
}

void mk_scatter_add_along(const void* pointer, const mk_context* context) {
  const mk_scatter_args* args = pointer;
  const char *x = mk_at(context, args->x), *index = mk_at(context, args->index);
  char* y = mk_at(context, args->y);
  size_t total = args->outer * args->count * args->inner;
  report(index, args->index_dtype, total, args->axis, mk_at(context, args->error), context);
  share_of_lines s = share_lines(args->outer, args->inner, context);
  size_t bytes = mk_size(args->dtype), inner = args->inner;
  if (s.inner_begin >= s.inner_end) return;
  zero_lines(args, y, s);
  for (size_t o = s.outer_begin; o < s.outer_end; o++)
    for (size_t j = 0; j < args->count; j++)
      for (size_t i = s.inner_begin; i < s.inner_end; i++) {
        size_t at = (o * args->count + j) * inner + i;
        uint64_t k = place(index_at(index, args->index_dtype, at), args->axis);
        if (k == args->axis) continue;
        add_run(y + ((o * args->axis + k) * inner + i) * bytes, x + at * bytes, 1, args->dtype);
      }
}
