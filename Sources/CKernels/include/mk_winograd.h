// Convolutions with few multiplications (Winograd's minimal filtering): squares of m × m results
// are worked out from squares of α × α elements, α = m + window − 1, by α² products of matrices.
//
// Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
#ifndef MK_WINOGRAD_H
#define MK_WINOGRAD_H

#include "mk_gemm.h"

// How the work is cut. The terms of a product are added up in blocks whose size follows from the
// shape and `side`; nothing else of this shows in the bits.
typedef struct {
  uint32_t row_parts, column_parts;  // shares of squares and of columns
  uint32_t squares;                  // worked on at a time by a thread
  uint8_t held;                      // 1: mk_winograd_filter writes u first, for all threads
} mk_winograd_blocking;

// y from x and w, or with `input` x from y and w, in float32; windows of `window` × `window`
// elements one apart, over two spatial axes (the first of the three has size and window 1).
//
// A square that sees an infinity, a NaN, or sums too large for float32 is worked out directly, so
// that every result is what the sum itself gives.
typedef struct {
  mk_conv_args conv;  // its `blocking` is not read
  mk_ref u;           // mk_winograd_filter_bytes bytes of workspace if held
  mk_winograd_blocking blocking;
  uint8_t input;
  uint8_t side;       // m: 2 or 4 for windows of 3, 2 for windows of 5
} mk_winograd_args;

int mk_winograd_serves(const mk_conv_shape* shape, int side);

void mk_winograd(const void* args, const mk_context* context);
size_t mk_winograd_scratch(const mk_winograd_args* args);

// The transformed filters, if they are held; parts share them.
void mk_winograd_filter(const void* args, const mk_context* context);
size_t mk_winograd_filter_bytes(const mk_winograd_args* args);
size_t mk_winograd_filter_scratch(const mk_winograd_args* args);

// The decision on how to cut, and the time of a call on one thread in multiply-adds of vectors,
// with what the direct convolution takes in the same unit. Pure functions of their arguments; the
// costs are those of one image, so that no choice made by them depends on the batch.
mk_winograd_blocking mk_winograd_blocking_of(const mk_winograd_args* args, uint32_t threads);
double mk_winograd_cost(const mk_winograd_args* args);
double mk_winograd_direct_cost(const mk_winograd_args* args);

// w from x and y: the adjoint, from the same squares.
//
//     w = Gᵀ [ Σ (Bᵀ x B) ⊙ (A y Aᵀ) ] G      over all squares
//
// Squares are added up in `chunks` parts, each in blocks of fixed size; both follow from the shape.
typedef struct {
  mk_winograd_args winograd;  // forward; of its blocking only the parts are read
  mk_ref sums;                // mk_winograd_gradient_bytes bytes of workspace
  mk_ref flags;               // one byte for each part of the second call
  uint64_t chunks;
} mk_winograd_gradient_args;

// First the sums of every chunk, then the weights from them.
void mk_winograd_gradient_sums(const void* args, const mk_context* context);
void mk_winograd_gradient(const void* args, const mk_context* context);
size_t mk_winograd_gradient_bytes(const mk_winograd_gradient_args* args);
size_t mk_winograd_gradient_scratch(const mk_winograd_gradient_args* args);

// Fills in chunks and parts, and returns the time as mk_winograd_cost does, but for all images;
// infinity where the sums would not fit the caches.
double mk_winograd_gradient_plan(mk_winograd_gradient_args* args, uint32_t threads);

// Runs a kernel of the direct way if any of the flags is set, as they are where a weight came out
// infinite or NaN: then the sum itself decides.
typedef struct {
  mk_ref flags;
  uint32_t count;
  mk_run run;
  mk_conv_filter_args filter;
} mk_winograd_repair_args;
void mk_winograd_repair(const void* args, const mk_context* context);

#endif
