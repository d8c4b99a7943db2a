// Images read at the places to which a transform of each image sends their pixels, channels last.
//
//     k = c0 j + c1 i + 1,  column = (a0 j + a1 i + a2) / k,  row = (b0 j + b1 i + b2) / k
//     y[n, i, j, c] = x[n, row, column, c]
#ifndef MK_WARP_H
#define MK_WARP_H

#include "mk_call.h"

typedef uint8_t mk_warp_fill;
enum {
  MK_FILL_CONSTANT = 0,  // k k | a b c | k k
  MK_FILL_NEAREST = 1,   // a a | a b c | c c
  MK_FILL_WRAP = 2,      // b c | a b c | a b
  MK_FILL_REFLECT = 3,   // b a | a b c | c b
  MK_FILL_MIRROR = 4,    // c b | a b c | b a
};

typedef struct {
  int64_t batch, height, width, channels;  // of the image
  int64_t rows, columns;                   // of what is read from it
  int64_t transforms;                      // 1 for all images, or batch
  mk_ref x, transform, value, y;           // transform [transforms, 8]: a0 a1 a2 b0 b1 b2 c0 c1
  mk_dtype dtype;                          // MK_F32 or MK_F64, of all four
  mk_warp_fill fill;
  uint8_t is_bilinear;                     // else the nearest pixel, halves away from 0
} mk_warp_args;

// y [batch, rows, columns, channels] read from x [batch, height, width, channels]; `value` stands
// outside where fill is constant, and wherever a place is no number.
void mk_warp(const void* args, const mk_context* context);
// The adjoint: y [batch, height, width, channels] = 0, each x [batch, rows, columns, channels] added
// to the pixels that it would be read from; `value` is not looked at. Divided by images.
void mk_warp_gradient(const void* args, const mk_context* context);

#endif
