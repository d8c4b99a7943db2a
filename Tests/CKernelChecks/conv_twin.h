// The plain twin of every convolution: six loops in float64.
#ifndef CONV_TWIN_H
#define CONV_TWIN_H

#include <math.h>

#include "product_checks.h"

enum { FORWARD, INPUT, FILTER };

static inline int64_t volume(const int64_t size[3]) { return size[0] * size[1] * size[2]; }

// Every product of the convolution once: sums (and sums of absolute values) into the one computed.
static inline void plain(const mk_conv_shape* s, mk_dtype dtype, int which, const void* x, const void* w,
                  const void* y, double* sum, double* size, double* count) {
  const int64_t cg = s->channels / s->groups, fg = s->filters / s->groups;
  for (int64_t n = 0; n < s->batch; n++)
    for (int64_t o = 0; o < volume(s->out); o++)
      for (int64_t t = 0; t < volume(s->kernel); t++) {
        const int64_t at[3] = {o / s->out[2] / s->out[1], o / s->out[2] % s->out[1], o % s->out[2]};
        const int64_t tap[3] = {t / s->kernel[2] / s->kernel[1], t / s->kernel[2] % s->kernel[1],
                                t % s->kernel[2]};
        int64_t in[3], inside = 1;
        for (int i = 0; i < 3; i++) {
          in[i] = at[i] * s->stride[i] + tap[i] * s->dilation[i] - s->before[i];
          inside &= in[i] >= 0 && in[i] < s->in[i];
        }
        if (!inside) continue;
        const int64_t pixel = ((n * s->in[0] + in[0]) * s->in[1] + in[1]) * s->in[2] + in[2];
        for (int64_t f = 0; f < s->filters; f++)
          for (int64_t c = 0; c < cg; c++) {
            const int64_t xi = pixel * s->channels + f / fg * cg + c,
                          wi = (t * cg + c) * s->filters + f;
            const int64_t yi = (n * volume(s->out) + o) * s->filters + f;
            double term;
            int64_t to;
            if (which == FORWARD) term = element(x, dtype, xi) * element(w, dtype, wi), to = yi;
            else if (which == INPUT) term = element(y, dtype, yi) * element(w, dtype, wi), to = xi;
            else term = element(x, dtype, xi) * element(y, dtype, yi), to = wi;
            sum[to] += term, size[to] += fabs(term), count[to]++;
          }
      }
}

#endif
