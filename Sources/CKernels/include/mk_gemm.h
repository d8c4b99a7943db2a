// Matrix products, in place on strided operands, with an elementwise epilogue.
#ifndef MK_GEMM_H
#define MK_GEMM_H

#include "mk_elementwise.h"

// How a product is cut: for cache (mc, kc, nc) and for threads. Chosen by the plan (Swift), from
// sizes, type and level alone, so that the bits of a product depend on nothing else; only
// `row_parts * column_parts` (= parts) depends on the threads, and changes no bit.
typedef struct {
  uint32_t mc, kc, nc;
  uint32_t row_parts, column_parts;
} mk_blocking;

// C[m, n] = A[m, k] · B[k, n], C dense in rows (c_row >= n), optionally C += . A and B have any
// row and column stride (a transpose is a pair of strides; one of them is 1, else it is packed).
//
// Each element of C is the sum over k in ascending order within blocks of kc, block sums added in
// order: the same bits for any tiling, any batch size and any number of parts.
//
// The epilogue, if any, is run on each finished piece of C (after the last block of k). It is an
// elementwise program over the iteration space [batch, m, n] of the whole C, which reads C as one of
// its dense operands by its own reference; C is then dense (c_row = n). Where nothing else reads C,
// it need not be in memory as a whole: it lies in the scratch, some rows at a time, and the base of
// its reference is MK_HANDED_BASE.
typedef struct {
  mk_ref a, b, c;
  int64_t m, n, k;
  int64_t a_row, a_column, b_row, b_column, c_row;       // in elements
  uint32_t batch_rank;                                   // leading axes; 0 for one product
  int64_t batch[MK_RANK], a_batch[MK_RANK], b_batch[MK_RANK];  // sizes and strides (0 = broadcast)
  int64_t c_batch;                                       // stride of C from product to product
  mk_dtype dtype;                                        // MK_F32 or MK_F64
  uint8_t accumulate;                                    // 1: C += A·B
  mk_blocking blocking;
  const mk_program* epilogue;                            // or null
  uint64_t handed_bytes;  // of scratch for C; 0: C is in memory
} mk_gemm_args;

void mk_gemm(const void* args, const mk_context* context);
size_t mk_gemm_scratch(const mk_gemm_args* args);

// What `handed_bytes` has to be for C to lie in the scratch; 0 if it cannot.
size_t mk_gemm_handed_bytes(const mk_gemm_args* args);

// Convolutions as products whose packers read images in place: no im2col buffer.
// Channels last: x [batch, depth, height, width, channels], w [kd, kh, kw, channels / groups,
// filters], y [batch, od, oh, ow, filters]. Fewer spatial axes: leading sizes and kernels of 1.
//
//     y[n, o, f] = sum over t, c of x[n, o * stride + t * dilation - before, c] * w[t, c, f]
//
// Positions outside the image read as 0.
typedef struct {
  int64_t batch, groups, channels, filters;
  int64_t in[3], kernel[3], out[3], stride[3], dilation[3], before[3];
} mk_conv_shape;

typedef struct {
  mk_conv_shape shape;
  mk_ref x, w, y;           // the one that is computed is written, the others are read
  mk_dtype dtype;
  mk_blocking blocking;
  const mk_program* epilogue;  // over y of the forward product, x of the input gradient; or null
} mk_conv_args;

// y from x and w.
void mk_conv(const void* args, const mk_context* context);
size_t mk_conv_scratch(const mk_conv_args* args);

// x from y and w: the gradient of the input, and the forward pass of a transposed convolution.
void mk_conv_input(const void* args, const mk_context* context);
size_t mk_conv_input_scratch(const mk_conv_args* args);

// w from x and y: the gradient of the filter. The pixels (batch * out) are summed in chunks of
// `blocking.kc` pixels times a fixed number per partial, partials added in index order.
// `partials` is a workspace of mk_conv_filter_workspace bytes; phase 1 writes partials, phase 2
// adds them into w. With one chunk there is no workspace: phase 1 writes w, phase 2 does nothing.
typedef struct {
  mk_conv_args conv;
  mk_ref partials;
  uint64_t chunks;   // how many partial sums, from the shape alone
} mk_conv_filter_args;
void mk_conv_filter_partials(const void* args, const mk_context* context);
void mk_conv_filter_sum(const void* args, const mk_context* context);
size_t mk_conv_filter_workspace(const mk_conv_filter_args* args);
size_t mk_conv_filter_scratch(const mk_conv_filter_args* args);

// The decisions, so that plan and kernel agree. They are pure functions of their arguments.
// For a batch of products, m is the number of rows of all of them together.
mk_blocking mk_gemm_blocking(int64_t m, int64_t n, int64_t k, mk_dtype dtype, uint32_t threads);
mk_blocking mk_conv_blocking(const mk_conv_shape* shape, mk_dtype dtype, uint32_t threads);
mk_blocking mk_conv_input_blocking(const mk_conv_shape* shape, mk_dtype dtype, uint32_t threads);
mk_blocking mk_conv_filter_blocking(const mk_conv_shape* shape, mk_dtype dtype, uint32_t threads,
                                    uint64_t* chunks);

// Peak fused multiply-adds: runs independent chains for about `iterations` rounds and returns the
// number of floating point operations done. For measuring what the machine can do.
uint64_t mk_peak_flops(uint64_t iterations, mk_dtype dtype);

#endif
