// Convolutions of every channel by itself, lanes along channels.
#ifndef MK_DEPTHWISE_H
#define MK_DEPTHWISE_H

#include "mk_gemm.h"

// Whether a shape is one: as many groups as channels, and as many filters.
int mk_depthwise_serves(const mk_conv_shape* shape);
size_t mk_depthwise_scratch(const mk_conv_args* args);
void mk_depthwise(const mk_conv_args* args, const mk_context* context);
void mk_depthwise_input(const mk_conv_args* args, const mk_context* context);
void mk_depthwise_filter(const mk_conv_filter_args* args, const mk_context* context);

#endif
