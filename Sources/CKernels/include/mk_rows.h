// Softmax and what belongs to it, one row at a time.
#ifndef MK_ROWS_H
#define MK_ROWS_H

#include "mk_call.h"

// x is [rows, columns], dense; MK_F32 or MK_F64. A row's result never depends on another row.
typedef struct {
  mk_ref x, y;
  uint64_t rows, columns;
  mk_dtype dtype;
} mk_rows_args;
void mk_softmax(const void* args, const mk_context* context);      // y [rows, columns]
void mk_log_softmax(const void* args, const mk_context* context);  // y [rows, columns]
void mk_log_sum_exp(const void* args, const mk_context* context);  // y [rows]

// Cross-entropy with logits.
//
//     loss[r] = logsumexp(x[r]) - x[r, label[r]]                 label int32 or int64 [rows], or
//     loss[r] = sum over c of label[r, c] * (logsumexp(x[r]) - x[r, c])   label of x's type
//     dx[r, c] = dloss[r] * (softmax(x[r])[c] * sum(label[r]) - label[r, c])
//
// A label out of range is stored to `error` (int64: row + 1, the first), its loss is NaN.
typedef struct {
  mk_ref x, label, dloss, y, error;
  uint64_t rows, columns;
  mk_dtype dtype, label_dtype;  // label_dtype == dtype: dense labels
} mk_cross_entropy_args;
void mk_cross_entropy(const void* args, const mk_context* context);           // y = loss [rows]
void mk_cross_entropy_gradient(const void* args, const mk_context* context);  // y = dx

#endif
