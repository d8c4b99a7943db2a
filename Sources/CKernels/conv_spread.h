#ifndef MK_CONV_SPREAD_H
#define MK_CONV_SPREAD_H

#include "conv_strip.h"

// Gradients of inputs with fewer channels than a vector has lanes (conv_spread.c).
int mk_conv_spread_serves(const mk_conv_problem* problem);
size_t mk_conv_spread_scratch(const mk_conv_problem* problem);
void mk_conv_spread(const mk_conv_problem* problem, const mk_context* context, mk_ref source,
                    mk_ref target);

#endif
