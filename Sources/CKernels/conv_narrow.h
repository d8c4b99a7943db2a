#ifndef MK_CONV_NARROW_H
#define MK_CONV_NARROW_H

#include "conv_strip.h"

// Convolutions with too few target channels to fill a vector (conv_narrow.c).
int mk_conv_narrow_serves(const mk_conv_problem* problem);
size_t mk_conv_narrow_scratch(const mk_conv_problem* problem);
void mk_conv_narrow(const mk_conv_problem* problem, const mk_context* context, mk_ref source,
                    mk_ref target);

#endif
