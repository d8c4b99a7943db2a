#ifndef MK_CONV_BATCH_EPILOGUE_H
#define MK_CONV_BATCH_EPILOGUE_H

#include "mk_elementwise.h"

// An epilogue that reads nothing but the rows themselves, scalars and a value for each channel, run
// on rows [pixel, channel, image] before they are transposed out (conv_batch_epilogue.c).
typedef struct mk_batch_epilogue mk_batch_epilogue;

// Whether it is such a one, `rows` being where the convolution writes.
int mk_batch_epilogue_serves(const mk_program* program, mk_ref rows, mk_dtype dtype,
                             int64_t channels, int64_t lanes);
size_t mk_batch_epilogue_scratch(const mk_program* program);

// Lies at the start of the scratch, which is 64-byte aligned.
mk_batch_epilogue* mk_batch_epilogue_bind(const mk_program* program, void* const* bases,
                                          mk_dtype dtype, int64_t channels, int64_t lanes,
                                          void* scratch);
void mk_batch_epilogue_run(mk_batch_epilogue* epilogue, void* row, int64_t pixels);

#endif
