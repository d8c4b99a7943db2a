// Convolutions of every channel by itself. There is no product in them: lanes run along channels,
// a few pixels (or taps, for the filter's gradient) are held in registers, and memory is the limit.
// A sum over the taps of a window is one chain; sums over pixels go by bands and chunks as in
// conv_filter.c.
#include "depthwise.h"

#include "conv_strip.h"

// Where tap t reads (in elements from a pixel's own place) and where its weights lie.
typedef struct {
  int64_t count;
  int64_t *offset, *weight;
} depthwise_taps;

#define NAME(name) MK_PASTE(MK_NAME(name), TYPE)
#define MK_SOURCE "depthwise_loops.h"
#include "each_isa.h"

typedef void (*row_function)(void*, const void*, const void*, const depthwise_taps*, int64_t,
                             int64_t, int64_t, int64_t);
typedef void (*filter_function)(void*, const void*, const void*, const depthwise_taps*,
                                const mk_span*, int64_t, int64_t, int64_t, int64_t, int);
static const struct {
  row_function row;
  filter_function filter;
} loops[MK_ISAS][2] = {
    {{row_base_f32, filter_base_f32}, {row_base_f64, filter_base_f64}},
#if defined(__x86_64__)
    {{row_avx2_f32, filter_avx2_f32}, {row_avx2_f64, filter_avx2_f64}},
    {{row_avx512_f32, filter_avx512_f32}, {row_avx512_f64, filter_avx512_f64}},
#endif
};

int mk_depthwise_serves(const mk_conv_shape* s) {
  return s->groups > 1 && s->groups == s->channels && s->filters == s->channels;
}

// Target rows that share a strip.
enum { band_rows = 8 };

typedef struct {
  size_t offsets, weights, rows, end;
} layout;

static size_t aligned(size_t bytes) { return (bytes + 127) & ~(size_t)63; }

static layout layout_of(const mk_conv_args* args) {
  const mk_conv_shape* s = &args->shape;
  size_t strip = 0;
  for (int input = 0; input < 2; input++) {
    // The gradient of the input reads no more than a stride of 1 would.
    mk_conv_shape dense = *s;
    for (int i = 0; i < 3 && input; i++) dense.stride[i] = 1, dense.out[i] = s->in[i];
    mk_conv_axis axes[3];
    for (int i = 0; i < 3; i++) axes[i] = mk_conv_forward_axis(&dense, i);
    int64_t high = mk_conv_reach(&axes[1], 1) * band_rows + band_rows * axes[1].source_step;
    size_t here =
        (size_t)(axes[0].taps * high * mk_conv_reach(&axes[2], axes[2].count) * s->channels);
    if (here > strip) strip = here;
  }
  const size_t taps = (size_t)(s->kernel[0] * s->kernel[1] * s->kernel[2]);
  layout l;
  l.offsets = aligned(strip * mk_size(args->dtype));
  l.weights = l.offsets + aligned(taps * sizeof(int64_t));
  l.rows = l.weights + aligned(taps * sizeof(int64_t));
  l.end = l.rows + aligned(band_rows * sizeof(mk_span));
  return l;
}

size_t mk_depthwise_scratch(const mk_conv_args* args) {
  return layout_of(args).end + (args->epilogue ? mk_program_scratch(args->epilogue) : 0);
}

static void find_taps(depthwise_taps* taps, const mk_conv_axis axes[3], mk_conv_pitch pitch,
                      const mk_conv_shape* shape) {
  taps->count = 0;
  for (int64_t z = 0; z < axes[0].taps; z++)
    for (int64_t y = 0; y < axes[1].taps; y++)
      for (int64_t x = 0; x < axes[2].taps; x++) {
        taps->offset[taps->count] = z * pitch.plane + y * axes[1].offset_step * pitch.row +
                                    x * axes[2].offset_step * pitch.pixel;
        int64_t tap = axes[0].tap_first + z * axes[0].tap_step;
        tap = tap * shape->kernel[1] + axes[1].tap_first + y * axes[1].tap_step;
        tap = tap * shape->kernel[2] + axes[2].tap_first + x * axes[2].tap_step;
        taps->weight[taps->count++] = tap * shape->channels;
      }
}

static void run(const mk_conv_args* args, const mk_context* context, int input) {
  const mk_conv_shape* shape = &args->shape;
  const layout at = layout_of(args);
  char* scratch = context->scratch;
  depthwise_taps taps = {0, (int64_t*)(scratch + at.offsets), (int64_t*)(scratch + at.weights)};
  const row_function row_of = loops[mk_isa()][args->dtype == MK_F64].row;
  const int64_t size = (int64_t)mk_size(args->dtype), channels = shape->channels;
  const int64_t* target = input ? shape->in : shape->out;
  const char *source = mk_at(context, input ? args->y : args->x), *w = mk_at(context, args->w);
  char* to = mk_at(context, input ? args->x : args->y);
  size_t begin, end;
  mk_share((size_t)(shape->batch * target[0] * target[1]), context->part, context->parts, &begin,
           &end);

  const int64_t phases = input ? shape->stride[0] * shape->stride[1] * shape->stride[2] : 1;
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end;) {
    const int64_t y0 = unit % target[1], plane = unit / target[1];
    const int64_t z0 = plane % target[0], image = plane / target[0];
    int64_t rows = (int64_t)end - unit < target[1] - y0 ? (int64_t)end - unit : target[1] - y0;
    if (rows > band_rows) rows = band_rows;
    for (int64_t phase = 0; phase < phases; phase++) {
      mk_conv_axis axes[3];
      for (int64_t i = 2, rest = phase; i >= 0; i--) {
        axes[i] = input ? mk_conv_input_axis(shape, (int)i, rest % shape->stride[i])
                        : mk_conv_forward_axis(shape, (int)i);
        if (input) rest /= shape->stride[i];
      }
      if (z0 % axes[0].step != axes[0].first || axes[2].count <= 0) continue;
      const int64_t j = mk_ceil_div(y0 > axes[1].first ? y0 - axes[1].first : 0, axes[1].step);
      const int64_t j_end =
          y0 + rows > axes[1].first ? mk_ceil_div(y0 + rows - axes[1].first, axes[1].step) : 0;
      if (j >= j_end) continue;
      mk_conv_pitch pitch = {.in_place = 1};
      const int64_t depth = z0 / axes[0].step, pixels = axes[2].count;
      const int64_t source_image =
          axes[0].source_size * axes[1].source_size * axes[2].source_size * channels;
      const char* from = source + image * source_image * size;
      taps.count = 0;
      if (axes[0].taps * axes[1].taps * axes[2].taps > 0) {
        pitch = mk_conv_pitch_of(axes, pixels, channels, channels);
        find_taps(&taps, axes, pitch, shape);
        if (pitch.in_place) {
          from += mk_conv_in_place(axes, depth, j, 0, channels) * size;
        } else {
          mk_conv_fill(scratch, from, axes, pitch, depth, j, j_end - j, 0, pixels, channels,
                       channels, args->dtype);
          from = scratch;
        }
      }
      for (int64_t i = j; i < j_end; i++) {
        const int64_t y = axes[1].first + i * axes[1].step;
        const int64_t first =
            (((image * target[0] + z0) * target[1] + y) * target[2] + axes[2].first) * channels;
        row_of(to + first * size, from + (i - j) * axes[1].source_step * pitch.row * size, w, &taps,
               pixels, channels, axes[2].source_step * pitch.pixel, axes[2].step * channels);
      }
    }
    if (args->epilogue)
      mk_program_run(args->epilogue, context->bases, (size_t)(unit * target[2] * channels),
                     (size_t)(rows * target[2] * channels), scratch + at.end);
    unit += rows;
  }
}

void mk_depthwise(const mk_conv_args* args, const mk_context* context) { run(args, context, 0); }
void mk_depthwise_input(const mk_conv_args* args, const mk_context* context) {
  run(args, context, 1);
}

void mk_depthwise_filter(const mk_conv_filter_args* args, const mk_context* context) {
  const mk_conv_shape* shape = &args->conv.shape;
  const layout at = layout_of(&args->conv);
  char* scratch = context->scratch;
  depthwise_taps taps = {0, (int64_t*)(scratch + at.offsets), (int64_t*)(scratch + at.weights)};
  mk_span* spans = (mk_span*)(scratch + at.rows);
  const filter_function filter_of = loops[mk_isa()][args->conv.dtype == MK_F64].filter;
  const int64_t size = (int64_t)mk_size(args->conv.dtype), channels = shape->channels;
  const int64_t weights = shape->kernel[0] * shape->kernel[1] * shape->kernel[2] * channels;
  const int64_t rows = shape->batch * shape->out[0] * shape->out[1], pixels = shape->out[2];
  const int64_t image_size = shape->in[0] * shape->in[1] * shape->in[2] * channels;
  const char *x = mk_at(context, args->conv.x), *y = mk_at(context, args->conv.y);
  mk_conv_axis axes[3];
  for (int i = 0; i < 3; i++) axes[i] = mk_conv_forward_axis(shape, i);
  const mk_conv_pitch pitch = mk_conv_pitch_of(axes, pixels, channels, channels);
  find_taps(&taps, axes, pitch, shape);

  size_t begin, end;
  mk_share((size_t)args->chunks, context->part, context->parts, &begin, &end);
  for (int64_t chunk = (int64_t)begin; chunk < (int64_t)end; chunk++) {
    char* sums = args->chunks > 1 ? (char*)mk_at(context, args->partials) + chunk * weights * size
                                  : (char*)mk_at(context, args->conv.w);
    const int64_t row_begin = mk_piece(rows, (int64_t)args->chunks, chunk);
    const int64_t row_end = mk_piece(rows, (int64_t)args->chunks, chunk + 1);
    int add = 0;
    for (int64_t row = row_begin; row < row_end; add = 1) {
      const int64_t y0 = row % shape->out[1], plane = row / shape->out[1];
      const int64_t depth = plane % shape->out[0], image = plane / shape->out[0];
      int64_t now = row_end - row < shape->out[1] - y0 ? row_end - row : shape->out[1] - y0;
      if (now > band_rows) now = band_rows;
      const char* from = x + image * image_size * size;
      if (pitch.in_place) {
        from += mk_conv_in_place(axes, depth, y0, 0, channels) * size;
      } else {
        mk_conv_fill(scratch, from, axes, pitch, depth, y0, now, 0, pixels, channels, channels,
                     args->conv.dtype);
        from = scratch;
      }
      for (int64_t i = 0; i < now; i++)
        spans[i] =
            (mk_span){i * shape->stride[1] * pitch.row, (row + i) * pixels * channels, pixels};
      filter_of(sums, from, y, &taps, spans, now, channels, shape->stride[2] * pitch.pixel,
                channels, add);
      row += now;
    }
    if (!add) filter_of(sums, x, y, &taps, spans, 0, channels, 0, 0, 0);
  }
}
