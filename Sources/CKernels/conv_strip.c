#include "conv_strip.h"

#include <string.h>

mk_conv_axis mk_conv_forward_axis(const mk_conv_shape* s, int axis) {
  return (mk_conv_axis){.first = 0,
                        .step = 1,
                        .count = s->out[axis],
                        .size = s->out[axis],
                        .source_step = s->stride[axis],
                        .source_size = s->in[axis],
                        .taps = s->kernel[axis],
                        .tap_first = 0,
                        .tap_step = 1,
                        .offset = -s->before[axis],
                        .offset_step = s->dilation[axis]};
}

// Input position i is read by output o under tap t where o * stride = i + before - t * dilation.
// For i = phase + stride * j, the taps that divide evenly are an arithmetic progression, taken from
// the last to the first so that the positions of y rise.
mk_conv_axis mk_conv_input_axis(const mk_conv_shape* s, int axis, int64_t phase) {
  const int64_t stride = s->stride[axis], dilation = s->dilation[axis], kernel = s->kernel[axis];
  mk_conv_axis a = {.first = phase,
                    .step = stride,
                    .size = s->in[axis],
                    .source_step = 1,
                    .source_size = s->out[axis]};
  a.count = s->in[axis] > phase ? (s->in[axis] - phase + stride - 1) / stride : 0;
  a.offset_step = 1;
  int64_t last = -1;
  for (int64_t t = kernel - 1; t >= 0 && t >= kernel - stride; t--)
    if ((phase + s->before[axis] - t * dilation) % stride == 0) {
      last = t;
      break;
    }
  if (last < 0) return a;  // no tap reaches this phase: its gradient is 0
  int64_t step = 1;
  while (step * dilation % stride != 0) step++;
  a.taps = last / step + 1;
  a.tap_first = last, a.tap_step = -step;
  a.offset = (phase + s->before[axis] - last * dilation) / stride;
  a.offset_step = step * dilation / stride;
  return a;
}

mk_conv_problem mk_conv_problem_of(const mk_conv_args* args, int input) {
  mk_conv_problem p = {.shape = args->shape, .args = args, .input = input, .phases = 1};
  const mk_conv_shape* s = &p.shape;
  const int64_t channels = s->channels / s->groups, filters = s->filters / s->groups;
  p.source_channels = input ? filters : channels;
  p.target_channels = input ? channels : filters;
  for (int i = 0; i < 3; i++) {
    p.target[i] = input ? s->in[i] : s->out[i];
    if (input) p.phases *= s->stride[i];
  }
  p.w_tap = channels * s->filters;
  p.w_channel = input ? 1 : s->filters;
  p.w_column = input ? s->filters : 1;
  p.w_group = filters;
  return p;
}

void mk_conv_axes_of(const mk_conv_problem* p, int64_t phase, mk_conv_axis axes[3]) {
  for (int i = 2; i >= 0; i--) {
    const int64_t stride = p->shape.stride[i];
    axes[i] = p->input ? mk_conv_input_axis(&p->shape, i, phase % stride)
                       : mk_conv_forward_axis(&p->shape, i);
    phase /= stride;
  }
}

int64_t mk_conv_tap(const mk_conv_problem* p, const mk_conv_axis axes[3], int64_t tap) {
  const int64_t x = tap % axes[2].taps, y = tap / axes[2].taps % axes[1].taps;
  const int64_t z = tap / axes[2].taps / axes[1].taps;
  int64_t at = axes[0].tap_first + z * axes[0].tap_step;
  at = at * p->shape.kernel[1] + axes[1].tap_first + y * axes[1].tap_step;
  return (at * p->shape.kernel[2] + axes[2].tap_first + x * axes[2].tap_step) * p->w_tap;
}

mk_conv_pitch mk_conv_pitch_of(const mk_conv_axis axes[3], int64_t pixels, int64_t channels,
                               int64_t all_channels) {
  int in_place = 1;
  for (int i = 0; i < 3; i++)
    if (axes[i].offset < 0 ||
        axes[i].offset + mk_conv_reach(&axes[i], axes[i].count) > axes[i].source_size)
      in_place = 0;
  mk_conv_pitch pitch = {.in_place = in_place};
  if (in_place) {
    pitch.pixel = all_channels;
    pitch.row = axes[2].source_size * pitch.pixel;
    pitch.plane = axes[1].source_size * pitch.row * axes[0].offset_step;
  } else {
    pitch.pixel = channels;
    pitch.plane = mk_conv_reach(&axes[2], pixels) * pitch.pixel;
    pitch.row = axes[0].taps * pitch.plane;
  }
  return pitch;
}

int64_t mk_conv_in_place(const mk_conv_axis axes[3], int64_t depth, int64_t row, int64_t pixel,
                         int64_t all_channels) {
  int64_t z = depth * axes[0].source_step + axes[0].offset,
          y = row * axes[1].source_step + axes[1].offset;
  int64_t x = pixel * axes[2].source_step + axes[2].offset;
  return ((z * axes[1].source_size + y) * axes[2].source_size + x) * all_channels;
}

void mk_conv_fill(char* strip, const char* x, const mk_conv_axis axes[3], mk_conv_pitch pitch,
                  int64_t depth, int64_t row, int64_t rows, int64_t pixel, int64_t pixels,
                  int64_t channels, int64_t all_channels, mk_dtype dtype) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), dtype);
  const int64_t size = (int64_t)mk_size(dtype), each = pitch.pixel;
  const int64_t blocks = channels > 0 ? mk_ceil_div(channels, each) : 0;
  const int64_t high = mk_conv_reach(&axes[1], rows), wide = mk_conv_reach(&axes[2], pixels);
  const int64_t x0 = pixel * axes[2].source_step + axes[2].offset;
  int64_t left = x0 < 0 ? -x0 : 0, right = x0 + wide - axes[2].source_size;
  if (left > wide) left = wide;
  if (right < 0) right = 0;
  if (right > wide - left) right = wide - left;
  const int64_t inside = wide - left - right;
  for (int64_t tap = 0; tap < axes[0].taps; tap++) {
    const int64_t z = depth * axes[0].source_step + axes[0].offset + tap * axes[0].offset_step;
    for (int64_t i = 0; i < high; i++) {
      const int64_t y = row * axes[1].source_step + axes[1].offset + i;
      char* to = strip + (tap * pitch.plane + i * pitch.row) * size;
      const int outside = z < 0 || z >= axes[0].source_size || y < 0 || y >= axes[1].source_size;
      const int64_t before = outside ? wide : left, after = outside ? 0 : right;
      for (int64_t block = 0; block < blocks && before + after > 0; block++) {
        char* at = to + block * pitch.block * size;
        memset(at, 0, (size_t)(before * each * size));
        memset(at + (wide - after) * each * size, 0, (size_t)(after * each * size));
      }
      if (outside || inside == 0) continue;
      to += left * each * size;
      const char* from = x + ((z * axes[1].source_size + y) * axes[2].source_size + x0 + left) *
                                 all_channels * size;
      if (blocks == 1 && channels == all_channels) {
        memcpy(to, from, (size_t)(inside * channels * size));
      } else if (each == 1) {
        kernels->transpose(to, from, channels, inside, pitch.block, all_channels);
      } else {
        for (int64_t block = 0; block < blocks; block++) {
          const int64_t first = mk_piece(channels, blocks, block);
          kernels->pack(to + block * pitch.block * size, from + first * size, inside,
                        mk_piece(channels, blocks, block + 1) - first, each, all_channels, 1);
        }
      }
    }
  }
}

int mk_conv_is_pointwise(const mk_conv_shape* s) {
  if (s->groups != 1) return 0;
  for (int i = 0; i < 3; i++)
    if (s->kernel[i] != 1 || s->stride[i] != 1 || s->before[i] != 0 || s->in[i] != s->out[i])
      return 0;
  return 1;
}
