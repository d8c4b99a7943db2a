#ifndef MK_CONV_BATCH_H
#define MK_CONV_BATCH_H

#include "conv_strip.h"

// Convolutions of batches with lanes along the images (conv_batch.c, conv_batch_filter.c).
int mk_conv_batch_serves(const mk_conv_problem* problem);
size_t mk_conv_batch_scratch(const mk_conv_problem* problem);
void mk_conv_batch(const mk_conv_problem* problem, const mk_context* context, mk_ref source,
                   mk_ref target);

int mk_conv_batch_filter_serves(const mk_conv_shape* shape, mk_dtype dtype);
uint64_t mk_conv_batch_filter_chunks(const mk_conv_shape* shape, mk_dtype dtype);
size_t mk_conv_batch_filter_scratch(const mk_conv_filter_args* args);
void mk_conv_batch_filter(const mk_conv_filter_args* args, const mk_context* context);

// What both of them ask: one or two spatial axes, no groups; and whether lanes along images are
// better used than lanes along `columns` channels.
int mk_conv_batch_is_flat(const mk_conv_shape* shape);
int mk_conv_batch_pays(int64_t batch, int64_t columns, int64_t lanes);

// Rows first ..< first + rows of a block of images, `wide` pixels of each from x0 on, zeros
// outside: strip [row, pixel, channel, image], pixels `pitch` elements apart. `axes` are those of
// rows and pixels.
void mk_conv_batch_fill(char* strip, const char* x, const mk_conv_axis axes[2], int64_t image,
                        int64_t images, int64_t first, int64_t rows, int64_t x0, int64_t wide,
                        int64_t channels, int64_t pitch, const mk_gemm_kernels* kernels,
                        int64_t size);

#endif
