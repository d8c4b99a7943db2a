// Convolutions with few target channels, as the first layers of small networks have: lanes lie
// along pixels, since along channels most would be idle.
//
//     targetᵀ [columns, pixels] = wᵀ [columns, k] · source [k, pixels]
//
// The source is read through strips in which every channel is a plane, so that a vector of pixels
// under one tap is one load. Rows of a strip follow each other, and a tile runs across their ends:
// what it computes there is left out. Each element is the same chain over k as anywhere else.
#include "conv_narrow.h"

#include <string.h>

int mk_conv_narrow_serves(const mk_conv_problem* p) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype);
  if (p->target_channels * 2 > kernels->lanes) return 0;
  if (p->target_channels > kernels->most_rows[kernels->widest]) return 0;
  return p->input ||
         (p->shape.stride[0] == 1 && p->shape.stride[1] == 1 && p->shape.stride[2] == 1);
}

// Sizes, in elements, that hold for every phase.
typedef struct {
  int64_t rows, pixels;      // target rows in a strip, target pixels of a row at most
  int64_t k, strip, target;  // terms; elements of a strip; of the transposed target
  int64_t spans;
} extent;

enum { strip_bytes_wanted = 192 << 10, pixels_wanted = 1024 };

static int64_t row_pixels(const mk_conv_axis axes[3]) {
  const int64_t pixels = axes[2].count;
  return pixels > pixels_wanted ? mk_ceil_div(pixels, mk_ceil_div(pixels, pixels_wanted)) : pixels;
}

static int64_t row_width(const mk_conv_axis axes[3]) {
  return mk_conv_reach(&axes[2], row_pixels(axes));
}

static int64_t rows_at_once(const mk_conv_problem* p, const mk_conv_axis axes[3]) {
  const int64_t wide = row_width(axes), row = axes[0].taps * p->source_channels * wide;
  int64_t rows = strip_bytes_wanted / (int64_t)mk_size(p->args->dtype) / (row > 0 ? row : 1);
  if (rows * wide > 4 * pixels_wanted) rows = 4 * pixels_wanted / wide;
  rows -= mk_conv_reach(&axes[1], 1) - 1;
  return rows < 1 ? 1 : rows > axes[1].count ? axes[1].count : rows;
}

static extent extent_of(const mk_conv_problem* p) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype);
  extent most = {0};
  for (int64_t phase = 0; phase < p->phases; phase++) {
    mk_conv_axis axes[3];
    mk_conv_axes_of(p, phase, axes);
    if (axes[0].count <= 0 || axes[1].count <= 0 || axes[2].count <= 0) continue;
    const int64_t taps = axes[0].taps * axes[1].taps * axes[2].taps, wide = row_width(axes);
    const int64_t rows = rows_at_once(p, axes);
    // Past its end a strip is read by up to one tile.
    const int64_t slack = kernels->widest * kernels->lanes;
    int64_t strip =
        axes[0].taps * p->source_channels * mk_conv_reach(&axes[1], rows) * wide + slack;
    int64_t target = p->target_channels * (rows * wide + slack);
    if (taps * p->source_channels > most.k) most.k = taps * p->source_channels;
    if (strip > most.strip) most.strip = strip;
    if (target > most.target) most.target = target;
  }
  most.spans = 2 * most.k + 2;
  return most;
}

typedef struct {
  size_t strip, target, weights, spans, epilogue;
} layout;

static size_t aligned(size_t bytes) { return (bytes + MK_PACK_SLACK + 63) & ~(size_t)63; }

static layout layout_of(const mk_conv_problem* p, extent most) {
  const size_t size = mk_size(p->args->dtype);
  layout l = {.strip = 0};
  l.target = aligned((size_t)most.strip * size);
  l.weights = l.target + aligned((size_t)most.target * size);
  l.spans = l.weights + aligned((size_t)(most.k * p->target_channels) * size);
  l.epilogue = l.spans + aligned((size_t)most.spans * sizeof(mk_span));
  return l;
}

size_t mk_conv_narrow_scratch(const mk_conv_problem* p) {
  return layout_of(p, extent_of(p)).epilogue +
         (p->args->epilogue ? mk_program_scratch(p->args->epilogue) : 0);
}

// One group, one phase.
typedef struct {
  const mk_conv_problem* p;
  const mk_gemm_kernels* kernels;
  mk_conv_axis axes[3];
  mk_conv_pitch pitch;
  int64_t k, wide, group, b_step;
  const char* source;
  char *target, *strip, *transposed, *weights;
  mk_span* spans;
} sweep;

// Spans of k0 ..< k0 + terms: neighbours along a row where there is one channel, else channels.
static int64_t spans_of(const sweep* s, int64_t k0, int64_t terms, mk_span* spans) {
  const int64_t channels = s->p->source_channels, run = channels == 1 ? s->axes[2].taps : channels;
  int64_t count = 0;
  for (int64_t k = k0; k < k0 + terms;) {
    const int64_t within = k % run, tap = k / channels;
    const int64_t x = tap % s->axes[2].taps, y = tap / s->axes[2].taps % s->axes[1].taps;
    const int64_t z = tap / s->axes[2].taps / s->axes[1].taps;
    const int64_t here = run - within < k0 + terms - k ? run - within : k0 + terms - k;
    spans[count++] = (mk_span){k * s->p->target_channels,
                               z * s->pitch.plane + y * s->axes[1].offset_step * s->pitch.row +
                                   x * s->axes[2].offset_step + k % channels * s->pitch.block,
                               here};
    k += here;
  }
  return count;
}

// Target rows row ..< row + rows, pixels x ..< x + pixels, of one image and depth (of the phase).
static void band(const sweep* s, int64_t image, int64_t depth, int64_t row, int64_t rows, int64_t x,
                 int64_t pixels) {
  const mk_conv_problem* p = s->p;
  const mk_gemm_kernels* kernels = s->kernels;
  const mk_conv_axis* axes = s->axes;
  const int64_t size = (int64_t)mk_size(p->args->dtype), channels = p->source_channels,
                columns = p->target_channels;
  const int64_t all_source = channels * p->shape.groups, all_target = columns * p->shape.groups;
  const int64_t image_source =
      axes[0].source_size * axes[1].source_size * axes[2].source_size * all_source;
  if (s->k > 0)
    mk_conv_fill(s->strip, s->source + (image * image_source + s->group * channels) * size, axes,
                 s->pitch, depth, row, rows, x, pixels, channels, all_source, p->args->dtype);
  const int64_t total = (rows - 1) * s->wide + pixels, most = kernels->widest * kernels->lanes;
  const int64_t pitch = mk_ceil_div(total, kernels->lanes) * kernels->lanes;
  const int64_t kc = p->args->blocking.kc, blocks = s->k > 0 ? mk_ceil_div(s->k, kc) : 1;
  for (int64_t v = 0; v < total; v += most) {
    const int64_t valid = total - v < most ? total - v : most;
    const int vectors = (int)mk_ceil_div(valid, kernels->lanes);
    const mk_span* spans = s->spans;
    for (int64_t block = 0; block < blocks; block++) {
      // Each block's spans follow an entry that holds only their number.
      const int64_t count = spans->count;
      mk_tile tile = {.spans = spans + 1,
                      .span_count = count,
                      .a = s->weights,
                      .a_step = columns,
                      .b = s->strip + v * size,
                      .b_step = s->b_step,
                      .c = s->transposed + v * size,
                      .c_row = pitch,
                      .columns = vectors * kernels->lanes,
                      .add = block > 0};
      if (kernels->masked) tile.columns = valid;
      kernels->column_form[vectors][columns](&tile);
      spans += count + 1;
    }
  }
  for (int64_t i = 0; i < rows; i++) {
    const int64_t y = axes[1].first + (row + i) * axes[1].step,
                  z = axes[0].first + depth * axes[0].step;
    const int64_t first = axes[2].first + x * axes[2].step;
    const int64_t pixel = ((image * axes[0].size + z) * axes[1].size + y) * axes[2].size + first;
    char* to = s->target + (pixel * all_target + s->group * columns) * size;
    const char* from = s->transposed + i * s->wide * size;
    if (all_target == 1 && axes[2].step == 1) memcpy(to, from, (size_t)(pixels * size));
    else kernels->transpose(to, from, pixels, columns, axes[2].step * all_target, pitch);
  }
}

void mk_conv_narrow(const mk_conv_problem* p, const mk_context* context, mk_ref source,
                    mk_ref target) {
  const extent most = extent_of(p);
  const layout at = layout_of(p, most);
  char* scratch = context->scratch;
  const int64_t size = (int64_t)mk_size(p->args->dtype), kc = p->args->blocking.kc;
  const int64_t all_target = p->target_channels * p->shape.groups;
  if (p->shape.batch * p->target[0] * p->target[1] * p->target[2] * all_target <= 0) return;
  sweep s = {.p = p,
             .kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype),
             .source = mk_at(context, source),
             .target = mk_at(context, target),
             .strip = scratch + at.strip,
             .transposed = scratch + at.target,
             .weights = scratch + at.weights,
             .spans = (mk_span*)(scratch + at.spans)};
  const char* w = mk_at(context, p->args->w);
  size_t begin, end;
  mk_share((size_t)(p->shape.batch * p->target[0] * p->target[1]), context->part, context->parts,
           &begin, &end);
  if (begin == end) return;

  for (s.group = 0; s.group < p->shape.groups; s.group++)
    for (int64_t phase = 0; phase < p->phases; phase++) {
      mk_conv_axes_of(p, phase, s.axes);
      mk_conv_axis* axes = s.axes;
      if (axes[0].count <= 0 || axes[1].count <= 0 || axes[2].count <= 0) continue;
      const int64_t taps = axes[0].taps * axes[1].taps * axes[2].taps;
      s.k = taps * p->source_channels;
      s.wide = row_width(axes);
      const int64_t rows = rows_at_once(p, axes), pixels = row_pixels(axes);
      s.pitch = (mk_conv_pitch){.pixel = 1, .row = s.wide};
      s.pitch.plane = mk_conv_reach(&axes[1], rows) * s.pitch.row;
      s.pitch.block = axes[0].taps * s.pitch.plane;
      s.b_step = p->source_channels == 1 ? axes[2].offset_step : s.pitch.block;
      for (int64_t tap = 0; tap < taps; tap++)
        s.kernels->pack(s.weights + tap * p->source_channels * p->target_channels * size,
                        w + (s.group * p->w_group + mk_conv_tap(p, axes, tap)) * size,
                        p->source_channels, p->target_channels, p->target_channels, p->w_channel,
                        p->w_column);
      mk_span* spans = s.spans;
      for (int64_t k0 = 0; k0 == 0 || k0 < s.k; k0 += kc) {
        const int64_t count = spans_of(&s, k0, s.k - k0 < kc ? s.k - k0 : kc, spans + 1);
        *spans = (mk_span){0, 0, count};
        spans += count + 1;
      }
      for (int64_t unit = (int64_t)begin; unit < (int64_t)end;) {
        const int64_t row = unit % p->target[1], plane = unit / p->target[1];
        const int64_t depth = plane % p->target[0], image = plane / p->target[0],
                      left = (int64_t)end - unit;
        const int64_t row_end = left < p->target[1] - row ? row + left : p->target[1];
        unit += row_end - row;
        if (depth % axes[0].step != axes[0].first) continue;
        const int64_t j_end =
            row_end > axes[1].first ? mk_ceil_div(row_end - axes[1].first, axes[1].step) : 0;
        for (int64_t j = mk_ceil_div(row > axes[1].first ? row - axes[1].first : 0, axes[1].step);
             j < j_end; j += rows)
          for (int64_t x = 0; x < axes[2].count; x += pixels)
            band(&s, image, depth / axes[0].step, j, j_end - j < rows ? j_end - j : rows, x,
                 axes[2].count - x < pixels ? axes[2].count - x : pixels);
      }
    }
  if (p->args->epilogue)
    mk_program_run(p->args->epilogue, context->bases, begin * (size_t)(p->target[2] * all_target),
                   (end - begin) * (size_t)(p->target[2] * all_target), scratch + at.epilogue);
}
