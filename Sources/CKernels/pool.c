// Pooling, channels last.
#include "mk_pool.h"

#include <math.h>
#include <string.h>

#include "elements.h"
#include "mk_isa.h"

enum { POOL_CHANNELS = 64 };  // channels whose largest elements are tracked at once

typedef struct {
  int64_t begin, end;
} span;

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t most_of(int64_t a, int64_t b) { return a > b ? a : b; }

// The taps of output o that lie in the image, along axis a.
static inline span taps_inside(const mk_pool_shape* s, int a, int64_t o) {
  int64_t start = o * s->stride[a] - s->before[a];
  int64_t begin = most_of(0, -start), end = least(s->window[a], s->in[a] - start);
  return (span){begin, most_of(begin, end)};
}

// The outputs whose tap k lies in the image, along axis a.
static inline span outputs_inside(const mk_pool_shape* s, int a, int64_t k) {
  int64_t stride = s->stride[a], first = s->before[a] - k, last = s->in[a] - 1 + first;
  int64_t begin = first > 0 ? (first + stride - 1) / stride : 0;
  int64_t end = last < 0 ? 0 : least(s->out[a], last / stride + 1);
  return (span){begin, most_of(begin, end)};
}

// The outputs whose windows hold input i, along axis a.
static inline span outputs_over(const mk_pool_shape* s, int a, int64_t i) {
  int64_t stride = s->stride[a], last = i + s->before[a], first = last - s->window[a] + 1;
  int64_t begin = first > 0 ? (first + stride - 1) / stride : 0;
  int64_t end = last < 0 ? 0 : least(s->out[a], last / stride + 1);
  return (span){begin, most_of(begin, end)};
}

// The row of x under taps kd, kh of outputs od, oh.
static inline int64_t line_of(const mk_pool_shape* s, int64_t n, int64_t od, int64_t oh, int64_t kd, int64_t kh) {
  int64_t id = od * s->stride[0] + kd - s->before[0], ih = oh * s->stride[1] + kh - s->before[1];
  return (n * s->in[0] + id) * s->in[1] + ih;
}

// What an average divides by; 1 where nothing is summed.
static inline int64_t pixels_counted(const mk_pool_shape* s, int count_outside, int64_t od, int64_t oh, int64_t ow) {
  if (count_outside) return s->window[0] * s->window[1] * s->window[2];
  span d = taps_inside(s, 0, od), h = taps_inside(s, 1, oh), w = taps_inside(s, 2, ow);
  return most_of(1, (d.end - d.begin) * (h.end - h.begin) * (w.end - w.begin));
}

static inline span both(span a, span b) {
  int64_t begin = most_of(a.begin, b.begin);
  return (span){begin, most_of(begin, least(a.end, b.end))};
}

// Two by two at stride two from the corner on.
static inline int is_paired(const mk_pool_shape* s) {
  int is_flat = s->window[0] == 1 && s->stride[0] == 1 && s->in[0] == s->out[0] && s->before[0] == 0;
  for (int a = 1; a < 3; a++) is_flat &= s->window[a] == 2 && s->stride[a] == 2 && s->before[a] == 0;
  return is_flat && s->out[1] <= (s->in[1] + 1) / 2 && s->out[2] <= (s->in[2] + 1) / 2;
}

// How many windows of row oh, from the left, are whole pairs of pixels in whole pairs of rows.
static inline int64_t whole_pairs(const mk_pool_shape* s, int64_t oh) {
  return is_paired(s) && 2 * oh + 1 < s->in[1] ? least(s->out[2], s->in[2] / 2) : 0;
}

typedef struct {
  void (*max_rows)(const mk_pool_shape* s, const void* x, void* y, size_t begin, size_t end);
  void (*select_rows)(const mk_pool_shape* s, const void* x, const void* dy, void* y, size_t begin, size_t end);
  void (*max_gradient_units)(const mk_pool_shape* s, int clips, const void* x, const void* dy, void* dx, size_t begin, size_t end);
  void (*average_rows)(const mk_pool_shape* s, int count_outside, const void* x, void* y, size_t begin, size_t end);
  void (*average_gradient_rows)(const mk_pool_shape* s, int count_outside, const void* dy, void* dx, size_t begin, size_t end);
} pool_loops;

#define MK_SOURCE "pool_loops.h"
#include "each_isa.h"

static const pool_loops* loops_for(mk_dtype dtype) {
  mk_isa_level level = mk_isa();
  (void)level;
  switch (dtype) {
    case MK_F32:
#if defined(__x86_64__)
      if (level == MK_AVX512) return &pool_f32_avx512;
      if (level == MK_AVX2) return &pool_f32_avx2;
#endif
      return &pool_f32_base;
    case MK_F64:
#if defined(__x86_64__)
      if (level == MK_AVX512) return &pool_f64_avx512;
      if (level == MK_AVX2) return &pool_f64_avx2;
#endif
      return &pool_f64_base;
    case MK_I32: return &pool_i32_base;
    case MK_I64: return &pool_i64_base;
    default: return &pool_u8_base;
  }
}

static void share_rows(const mk_pool_shape* s, const int64_t* sizes, const mk_context* context, size_t* begin, size_t* end) {
  size_t rows = s->channels > 0 && sizes[2] > 0 ? (size_t)(s->batch * sizes[0] * sizes[1]) : 0;
  mk_share(rows, context->part, context->parts, begin, end);
}

void mk_max_pool(const void* pointer, const mk_context* context) {
  const mk_pool_args* args = pointer;
  size_t begin, end;
  share_rows(&args->shape, args->shape.out, context, &begin, &end);
  loops_for(args->dtype)->max_rows(&args->shape, mk_at(context, args->x), mk_at(context, args->y), begin, end);
}

void mk_max_pool_select(const void* pointer, const mk_context* context) {
  const mk_pool_args* args = pointer;
  size_t begin, end;
  share_rows(&args->shape, args->shape.out, context, &begin, &end);
  loops_for(args->dtype)->select_rows(&args->shape, mk_at(context, args->x), mk_at(context, args->dy),
                                      mk_at(context, args->y), begin, end);
}

void mk_max_pool_gradient(const void* pointer, const mk_context* context) {
  const mk_pool_args* args = pointer;
  const mk_pool_shape* s = &args->shape;
  size_t begin, end, blocks = (size_t)(s->channels + POOL_CHANNELS - 1) / POOL_CHANNELS;
  size_t units = (size_t)s->batch * blocks;
  if (args->dtype == MK_F32 && is_paired(s))
    units = s->channels ? (size_t)(s->batch * s->in[0] * ((s->in[1] + 1) / 2)) : 0;
  mk_share(units, context->part, context->parts, &begin, &end);
  loops_for(args->dtype)->max_gradient_units(s, args->clips, mk_at(context, args->x), mk_at(context, args->dy),
                                             mk_at(context, args->y), begin, end);
}

void mk_average_pool(const void* pointer, const mk_context* context) {
  const mk_pool_args* args = pointer;
  size_t begin, end;
  share_rows(&args->shape, args->shape.out, context, &begin, &end);
  loops_for(args->dtype)->average_rows(&args->shape, args->count_outside, mk_at(context, args->x),
                                       mk_at(context, args->y), begin, end);
}

void mk_average_pool_gradient(const void* pointer, const mk_context* context) {
  const mk_pool_args* args = pointer;
  size_t begin, end;
  share_rows(&args->shape, args->shape.in, context, &begin, &end);
  loops_for(args->dtype)->average_gradient_rows(&args->shape, args->count_outside, mk_at(context, args->dy),
                                                mk_at(context, args->y), begin, end);
}
