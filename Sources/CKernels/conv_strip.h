// How a convolution reads an image: strips of rows, padded with zeros, in which every tap of every
// output pixel lies at a fixed distance from the pixel, so that a product's row form can read them.
//
// Source and target: a forward convolution reads x and writes y; the gradient of the input reads y
// and writes x, one phase of the stride at a time.
#ifndef MK_CONV_STRIP_H
#define MK_CONV_STRIP_H

#include "mk_gemm.h"

#include "gemm_kernels.h"

// One axis of one phase. Target position first + step * j reads source position
// j * source_step + offset + q * offset_step under tap tap_first + q * tap_step, for q < taps.
typedef struct {
  int64_t first, step, count, size;  // of the target
  int64_t source_step, source_size;
  int64_t taps, tap_first, tap_step, offset, offset_step;
} mk_conv_axis;

mk_conv_axis mk_conv_forward_axis(const mk_conv_shape* shape, int axis);
mk_conv_axis mk_conv_input_axis(const mk_conv_shape* shape, int axis, int64_t phase);

// A convolution as its target sees it. In w, the term (tap, source channel) of a target channel
// (column) of a group lies at tap * w_tap + channel * w_channel + column * w_column + group *
// w_group.
typedef struct {
  mk_conv_shape shape;
  const mk_conv_args* args;
  int input;                                 // 1: the gradient of the input
  int64_t source_channels, target_channels;  // of one group
  int64_t target[3];
  int64_t phases;
  int64_t w_tap, w_channel, w_column, w_group;
} mk_conv_problem;

mk_conv_problem mk_conv_problem_of(const mk_conv_args* args, int input);
void mk_conv_axes_of(const mk_conv_problem* problem, int64_t phase, mk_conv_axis axes[3]);

// Where the weights of the taps of a phase, counted as k counts them, lie in w.
int64_t mk_conv_tap(const mk_conv_problem* problem, const mk_conv_axis axes[3], int64_t tap);

// Source positions that `count` neighbours along the axis read, gaps included.
static inline __attribute__((unused)) int64_t mk_conv_reach(const mk_conv_axis* axis,
                                                            int64_t count) {
  return (count > 0 ? count - 1 : 0) * axis->source_step +
         (axis->taps > 0 ? axis->taps - 1 : 0) * axis->offset_step + 1;
}

// A strip holds target rows (of one image and one depth) by `pixels` target pixels, in elements
// [reach(rows), taps along depth, reach(pixels), channels]: as the image has them, or in blocks of
// `pixel` channels (or one fewer), each of which is such a strip.
typedef struct {
  int64_t pixel, row, plane, block;  // pitches of the source as the products see it
  int in_place;  // the source itself serves: nothing is outside, no copy is made
} mk_conv_pitch;

mk_conv_pitch mk_conv_pitch_of(const mk_conv_axis axes[3], int64_t pixels, int64_t channels,
                               int64_t all_channels);

// Fills a strip from one image (`x`: [depth, height, width, all_channels], at the group's first
// channel) for target (depth, row, pixel) onwards, in positions of the phase. The c-th of a block's
// channels lies at block * pitch.block + row * pitch.row + tap along depth * pitch.plane + pixel *
// pitch.pixel + c; blocks of one channel are planes.
void mk_conv_fill(char* strip, const char* x, const mk_conv_axis axes[3], mk_conv_pitch pitch,
                  int64_t depth, int64_t row, int64_t rows, int64_t pixel, int64_t pixels,
                  int64_t channels, int64_t all_channels, mk_dtype dtype);

// Where in the image the strip would begin, if it is read in place.
int64_t mk_conv_in_place(const mk_conv_axis axes[3], int64_t depth, int64_t row, int64_t pixel,
                         int64_t all_channels);

// Whether every window is one pixel: then it is a product over all pixels.
int mk_conv_is_pointwise(const mk_conv_shape* shape);

#endif
