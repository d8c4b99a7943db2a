// Recurrences over whole sequences: LSTM, GRU (reset after the product) and the simple cell, one
// step's product and everything elementwise behind it in one pass; parts share the samples.
//
// A part runs its samples through all steps, so nobody waits. A sample's bits do not depend on the
// others.
#ifndef MK_RECURRENT_H
#define MK_RECURRENT_H

#include "mk_call.h"

// Gates in Keras' order: i, f, c, o; z, r, h; one.
enum { MK_LSTM = 0, MK_GRU = 1, MK_SIMPLE = 2 };
enum {
  MK_CELL_LINEAR = 0,
  MK_CELL_TANH = 1,
  MK_CELL_SIGMOID = 2,
  MK_CELL_RELU = 3,
  MK_CELL_HARD_SIGMOID = 4
};

static inline __attribute__((unused)) int64_t mk_cell_gates(uint8_t cell) {
  return cell == MK_LSTM ? 4 : cell == MK_GRU ? 3 : 1;
}
// What a step keeps for the way back: i, f, c, o; z, r, h and the state's share of h; nothing.
static inline __attribute__((unused)) int64_t mk_cell_kept(uint8_t cell) {
  return cell == MK_SIMPLE ? 0 : 4;
}

enum {
  MK_HAS_BIAS = 1,
  MK_HAS_STATE_BIAS = 2,
  MK_HAS_H = 4,
  MK_HAS_C = 8,
  MK_HAS_MASK = 16,
  MK_HAS_GAIN = 32,
  // Forward: keep what the way back needs, keep the outputs of all steps.
  MK_KEEPS = 64,
  MK_HAS_OUTPUTS = 128,
  // Backward: gradients of all outputs, of the last h, of the last c.
  MK_HAS_DY = 256,
  MK_HAS_DH = 512,
  MK_HAS_DC = 1024,
  // The inputs' product is the scan's as well.
  MK_HAS_KERNEL = 2048,
  // Backward: the gradient of what is scanned, those of kernels and biases.
  MK_WANTS_INPUT = 4096,
  MK_WANTS_KERNELS = 8192
};

// B samples, T steps, U units, G gates. All buffers are dense, of one floating type.
//
//     z [B, T, G·U]   what the inputs give, the bias not in it      u [U, G·U]   recurrent kernel
//                     or, with a kernel w [I, G·U], the inputs x [B, T, I]: z = x·w
//     packed, packed_kernel   u and w, or their transposes, in panels (mk_recurrent_pack)
//     bias, state_bias [G·U]     h0, c0 [B, U]     gain [B, U] factors of h before the product
//     mask [B, T] bool: steps that count; others leave h and c as they were
//
// With `reverse`, time runs from the end of z; outputs are in the order in which they come.
// `saved` holds one after the other: y [B, T, U] (outputs), then what is kept, all samples of the
// step that comes first, those of the second, …: rows [T, B, row] (what the step's products read:
// h·gain, 1 for the GRU, x, 1, zeros up to `row`), carry [T, B, U] (c before it, LSTM), kept
// [T, B, kept, U]; then last h [B, U], last c [B, U] (LSTM). Absent parts take no room.
typedef struct {
  mk_ref z, u, packed, packed_kernel, bias, state_bias, h0, c0, gain, mask, saved;
  int64_t batch, steps, units, inputs;  // no inputs without a kernel
  uint32_t flags;
  uint8_t cell, activation, gate, reverse;
  mk_dtype dtype;
} mk_recurrent_args;
void mk_recurrent(const void* args, const mk_context* context);

// The way back. `packed` and `packed_kernel` are the transposes. `out` holds one after the other:
// dz [B, T, G·U], with a kernel dx [B, T, I] (if wanted); dh0 [B, U]; dc0 [B, U] (LSTM); the
// gradients of u, state bias (GRU), w, bias, row after row [columns, G·U] (if wanted).
//
//     kernels = sum over steps and samples of rowᵀ · dz     (GRU's state: of what arrives there)
//
// These sums are cut by the shape alone: blocks of samples, in a block windows of steps, from the
// last to the first, whose sums are added in order; chunks of blocks add up apart, in `partials`
// [chunks, columns, G·U], and are added in the end (mk_recurrent_products). Parts that are no more
// than the chunks add each window's share while dz is near. Others put dz into `panels`, and the
// products follow (`deferred`).
typedef struct {
  mk_recurrent_args forward;
  mk_ref dy, dh, dc, out, panels, partials;
  uint8_t deferred;
} mk_recurrent_gradient_args;
void mk_recurrent_gradient(const void* args, const mk_context* context);
// Afterwards: the products if they were deferred, the sum of the chunks. Parts share columns.
void mk_recurrent_products(const void* args, const mk_context* context);

// Whether so many parts leave the products for later.
int mk_recurrent_defers(const mk_recurrent_args* args, uint32_t parts);
size_t mk_recurrent_panel_bytes(const mk_recurrent_args* args);
size_t mk_recurrent_partial_bytes(const mk_recurrent_args* args);

// Where the parts of `saved` and `out` begin, in elements; the last is the whole length.
typedef struct {
  int64_t y, rows, carry, kept, h, c, count;
  int64_t row, x, columns;  // of `rows`: their stride, where x begins, how many columns count
} mk_recurrent_saved;
mk_recurrent_saved mk_recurrent_saved_of(const mk_recurrent_args* args);
typedef struct {
  int64_t input, h, c, kernels, count;
} mk_recurrent_out;
mk_recurrent_out mk_recurrent_out_of(const mk_recurrent_args* args);

// The most memory that one part needs.
size_t mk_recurrent_scratch(const mk_recurrent_args* args, uint32_t parts);
size_t mk_recurrent_gradient_scratch(const mk_recurrent_args* args);

// Whether the forward pass reads u itself: for one sample that is faster than panels.
int mk_recurrent_reads_plain(const mk_recurrent_args* args);

// Panels of a matrix x [k, n] (or of the transpose of x [n, k]), as the products read them.
typedef struct {
  mk_ref x, y;
  int64_t k, n;
  uint8_t transposed;
  mk_dtype dtype;
} mk_recurrent_pack_args;
void mk_recurrent_pack(const void* args, const mk_context* context);
size_t mk_recurrent_pack_bytes(int64_t k, int64_t n, mk_dtype dtype);

#endif
