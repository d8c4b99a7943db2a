// Gradients of inputs with few channels, as the first layers of small networks ask for: lanes lie
// along what one source pixel spreads to in one row of the target.
//
//     spread [source pixel, tap along x, channel] =
//         sum over taps along depth and height, source channels of source * w
//     target [pixel, channel] = sum over taps along x of spread [the pixel that spreads here, tap,
//         channel]
//
// The first is a product for each row of the target, over those taps only that reach it: nothing
// outside the image is multiplied. The second lays the runs of neighbouring pixels over each other.
// Groups are taken one by one; strides and dilations only change which pixels spread where.
#include "conv_spread.h"

#include <string.h>

// Source pixels in a row: fewer leave the registers of a tile idle, more would need much scratch.
enum { least_pixels = 4, most_pixels = 4096 };

int mk_conv_spread_serves(const mk_conv_problem* p) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype);
  const int64_t pixels = p->shape.out[2], width = p->shape.kernel[2] * p->target_channels;
  if (!p->input || p->target_channels >= kernels->lanes || p->target_channels == 0) return 0;
  if (pixels < least_pixels || pixels > most_pixels) return 0;
  // Three lanes of five are to be at work.
  return 5 * width >= 3 * mk_ceil_div(width, kernels->lanes) * kernels->lanes;
}

// Pixels of the target, from `x` on, at which `count` runs overlap: of the first pixel from element
// `first` of the spread row on, of the next ones `step` further each.
typedef struct {
  int64_t x, pixels, first, step, count;
} overlap;

typedef struct {
  int64_t width, pitch;  // elements of a spread pixel; its distance to the next, whole vectors
  int64_t pairs;         // taps along depth and height
  size_t panels, rows, spans, overlaps, epilogue;
} layout;

static size_t aligned(size_t bytes) { return (bytes + MK_PACK_SLACK + 63) & ~(size_t)63; }

static layout layout_of(const mk_conv_problem* p) {
  const mk_conv_shape* s = &p->shape;
  const int64_t lanes = mk_gemm_kernels_of(mk_isa(), p->args->dtype)->lanes;
  const size_t size = mk_size(p->args->dtype);
  layout l = {.width = s->kernel[2] * p->target_channels, .pairs = s->kernel[0] * s->kernel[1]};
  l.pitch = mk_ceil_div(l.width, lanes) * lanes;
  l.panels = 0;
  l.rows = aligned((size_t)(l.pairs * p->source_channels * l.pitch) * size);
  l.spans = l.rows + 2 * aligned((size_t)(s->out[2] * l.pitch) * size);
  l.overlaps = l.spans + aligned((size_t)l.pairs * sizeof(mk_span));
  l.epilogue = l.overlaps + aligned((size_t)s->in[2] * sizeof(overlap));
  return l;
}

size_t mk_conv_spread_scratch(const mk_conv_problem* p) {
  return layout_of(p).epilogue +
         (p->args->epilogue ? mk_program_scratch(p->args->epilogue) : 0);
}

// Where runs overlap in a row: pixels that are alike in a row of their own are taken together.
// Returns how many entries there are; `between` is the way from one run to the next over a pixel.
static int64_t overlaps_of(const mk_conv_problem* p, int64_t pitch, overlap* overlaps,
                           int64_t* between) {
  const mk_conv_shape* s = &p->shape;
  const int64_t stride = s->stride[2], dilation = s->dilation[2], taps = s->kernel[2];
  int64_t tap_step = 1, entries = 0;
  while (tap_step * dilation % stride != 0) tap_step++;
  const int64_t pixel_step = tap_step * dilation / stride;
  *between = tap_step * p->target_channels - pixel_step * pitch;
  for (int64_t x = 0; x < s->in[2]; x++) {
    int64_t tap = 0, first = 0, count = 0;
    while (tap < tap_step && (x + s->before[2] - tap * dilation) % stride != 0) tap++;
    int64_t pixel = tap < tap_step ? (x + s->before[2] - tap * dilation) / stride : -1;
    for (; tap < taps && pixel >= 0; tap += tap_step, pixel -= pixel_step) {
      if (pixel >= s->out[2]) continue;
      if (count++ == 0) first = pixel * pitch + tap * p->target_channels;
    }
    overlap* last = entries > 0 ? &overlaps[entries - 1] : NULL;
    const int64_t step = last ? first - last->first - (last->pixels - 1) * last->step : 0;
    if (last && last->count == count && (last->pixels == 1 || step == last->step)) {
      last->step = step, last->pixels++;
    } else {
      overlaps[entries++] = (overlap){x, 1, first, 0, count};
    }
  }
  return entries;
}

// One group.
typedef struct {
  const mk_conv_problem* p;
  const mk_gemm_kernels* kernels;
  layout at;
  int64_t group, entries, between;
  const overlap* overlaps;
  const char *source, *panels;
  char* target;
  mk_span* spans;
} sweep;

// Which of `size` source positions reaches a target position that lies `from` after the first one's
// under some tap; -1 if none does.
static int64_t reaching(int64_t from, int64_t stride, int64_t size) {
  if (from < 0) return -1;
  if (stride == 1) return from < size ? from : -1;
  return from % stride == 0 && from / stride < size ? from / stride : -1;
}

// What every source pixel spreads to in row `unit` of the target (of all images and depths).
static void spread_row(const sweep* s, int64_t unit, char* row) {
  const mk_conv_problem* p = s->p;
  const mk_conv_shape* shape = &p->shape;
  const int64_t size = (int64_t)mk_size(p->args->dtype), lanes = s->kernels->lanes;
  const int64_t plane = unit / shape->in[1], image = plane / shape->in[0];
  const int64_t y = unit - plane * shape->in[1], z = plane - image * shape->in[0];
  const int64_t all_source = p->source_channels * shape->groups, k = s->at.pairs * p->source_channels;
  int64_t spans = 0;
  for (int64_t tz = 0; tz < shape->kernel[0]; tz++) {
    const int64_t oz = reaching(z + shape->before[0] - tz * shape->dilation[0], shape->stride[0],
                                shape->out[0]);
    for (int64_t ty = 0; ty < shape->kernel[1] && oz >= 0; ty++) {
      const int64_t oy = reaching(y + shape->before[1] - ty * shape->dilation[1], shape->stride[1],
                                  shape->out[1]);
      if (oy < 0) continue;
      const int64_t source_row = (image * shape->out[0] + oz) * shape->out[1] + oy;
      s->spans[spans++] = (mk_span){source_row * shape->out[2] * all_source,
                                    (tz * shape->kernel[1] + ty) * p->source_channels,
                                    p->source_channels};
    }
  }
  for (int64_t j = 0, before = 1; j < s->at.pitch; j += 2 * lanes) {
    const int64_t wide = s->at.pitch - j < 2 * lanes ? s->at.pitch - j : 2 * lanes;
    if (wide != before)  // terms of a panel follow each other at its width
      for (int64_t i = 0; i < spans; i++) s->spans[i].b = s->spans[i].b / before * wide;
    before = wide;
    const int vectors = (int)(wide / lanes);
    mk_tile tile = {.spans = s->spans,
                    .span_count = spans,
                    .b = s->panels + k * j * size,
                    .a_step = all_source,
                    .b_step = wide,
                    .c_row = s->at.pitch,
                    .columns = wide};
    const int64_t tiles = mk_ceil_div(shape->out[2], s->kernels->most_rows[vectors]);
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t x = mk_piece(shape->out[2], tiles, t),
                    high = mk_piece(shape->out[2], tiles, t + 1) - x;
      tile.a = s->source + (x * all_source + s->group * p->source_channels) * size;
      tile.c = row + (x * s->at.pitch + j) * size;
      s->kernels->row_form[vectors][high](&tile);
    }
  }
}

// The sums of what was spread to row `unit`.
static void gather_row(const sweep* s, int64_t unit, const char* row) {
  const mk_conv_problem* p = s->p;
  const int64_t size = (int64_t)mk_size(p->args->dtype);
  const int64_t all_target = p->target_channels * p->shape.groups;
  char* y = s->target + (unit * p->shape.in[2] * all_target + s->group * p->target_channels) * size;
  for (int64_t i = 0; i < s->entries; i++) {
    const overlap o = s->overlaps[i];
    s->kernels->overlay(y + o.x * all_target * size, row + o.first * size, o.pixels, all_target,
                        o.step, o.count, s->between, p->target_channels);
  }
}

void mk_conv_spread(const mk_conv_problem* p, const mk_context* context, mk_ref source,
                    mk_ref target) {
  const mk_conv_shape* shape = &p->shape;
  const int64_t size = (int64_t)mk_size(p->args->dtype);
  const int64_t row_elements = shape->in[2] * p->target_channels * shape->groups;
  if (shape->batch * shape->in[0] * shape->in[1] * row_elements <= 0) return;
  size_t begin, end;
  mk_share((size_t)(shape->batch * shape->in[0] * shape->in[1]), context->part, context->parts,
           &begin, &end);
  if (begin == end) return;
  char* scratch = context->scratch;
  sweep s = {.p = p,
             .kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype),
             .at = layout_of(p),
             .source = mk_at(context, source),
             .target = mk_at(context, target)};
  const int64_t panel = 2 * s.kernels->lanes;
  char* panels = scratch + s.at.panels;
  char* rows[2] = {scratch + s.at.rows, scratch + s.at.rows + (s.at.spans - s.at.rows) / 2};
  s.panels = panels;
  s.spans = (mk_span*)(scratch + s.at.spans);
  s.overlaps = (overlap*)(scratch + s.at.overlaps);
  s.entries = overlaps_of(p, s.at.pitch, (overlap*)(scratch + s.at.overlaps), &s.between);
  const char* w = mk_at(context, p->args->w);
  for (s.group = 0; s.group < shape->groups; s.group++) {
    // Panels [taps along depth and height, source channels][tap along x, channel].
    char* y = panels;
    for (int64_t j = 0; j < s.at.pitch; j += panel) {
      const int64_t wide = s.at.pitch - j < panel ? s.at.pitch - j : panel;
      const int64_t valid = s.at.width - j < wide ? s.at.width - j : wide;
      for (int64_t pair = 0; pair < s.at.pairs; pair++) {
        const int64_t at = pair * shape->kernel[2] * p->w_tap + j * p->w_column;
        s.kernels->pack(y, w + (at + s.group * p->w_group) * size, p->source_channels, valid, wide,
                        p->w_channel, p->w_column);
        y += p->source_channels * wide * size;
      }
    }
    // A row is summed up after the next one has been spread: by then its stores are done.
    for (size_t unit = begin; unit < end; unit++) {
      spread_row(&s, (int64_t)unit, rows[unit % 2]);
      if (unit > begin) gather_row(&s, (int64_t)unit - 1, rows[(unit - 1) % 2]);
    }
    gather_row(&s, (int64_t)end - 1, rows[(end - 1) % 2]);
  }
  if (p->args->epilogue)
    mk_program_run(p->args->epilogue, context->bases, begin * (size_t)row_elements,
                   (end - begin) * (size_t)row_elements, scratch + s.at.epilogue);
}
