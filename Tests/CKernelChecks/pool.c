// Pooling against loops over every window, one element at a time.
#include "mk_pool.h"

#include "CKernelChecks.h"
#include "check_tools.h"

enum { MAXIMUM, MAXIMUM_GRADIENT, SELECT, AVERAGE, AVERAGE_GRADIENT };
static const mk_run runs[] = {mk_max_pool, mk_max_pool_gradient, mk_max_pool_select, mk_average_pool, mk_average_pool_gradient};
static const char* const names[] = {"max", "max gradient", "max select", "average", "average gradient"};

static size_t in_place(const mk_pool_shape* s, int64_t n, const int64_t* i, int64_t c) {
  return (size_t)((((n * s->in[0] + i[0]) * s->in[1] + i[1]) * s->in[2] + i[2]) * s->channels + c);
}

// The twin of all five. `tolerance` grows with what was summed.
static void plain(int which, const mk_pool_args* args, const void* x, const void* dy, double* y, double* scale) {
  const mk_pool_shape* s = &args->shape;
  int adds_to_input = which == MAXIMUM_GRADIENT || which == AVERAGE_GRADIENT;
  size_t out = 0;
  for (int64_t n = 0; n < s->batch; n++)
    for (int64_t o0 = 0; o0 < s->out[0]; o0++)
      for (int64_t o1 = 0; o1 < s->out[1]; o1++)
        for (int64_t o2 = 0; o2 < s->out[2]; o2++)
          for (int64_t c = 0; c < s->channels; c++, out++) {
            int64_t o[] = {o0, o1, o2}, count = 0;
            size_t best = 0;
            double most = -INFINITY, sum = 0, absolute = 0;
            for (int pass = 0; pass < 2; pass++) {
              if (pass == 1 && which != AVERAGE_GRADIENT) break;
              int64_t k[3], i[3], seen = 0;
              for (k[0] = 0; k[0] < s->window[0]; k[0]++)
                for (k[1] = 0; k[1] < s->window[1]; k[1]++)
                  for (k[2] = 0; k[2] < s->window[2]; k[2]++) {
                    int is_inside = 1;
                    for (int a = 0; a < 3; a++) {
                      i[a] = o[a] * s->stride[a] + k[a] - s->before[a];
                      is_inside &= i[a] >= 0 && i[a] < s->in[a];
                    }
                    if (!is_inside) continue;
                    size_t at = in_place(s, n, i, c);
                    if (pass == 1) {
                      y[at] += take(dy, args->dtype, out) / (double)count;
                      scale[at] += fabs(take(dy, args->dtype, out) / (double)count);
                      continue;
                    }
                    double value = which == AVERAGE_GRADIENT ? 0 : take(x, args->dtype, at);
                    if (!seen++ || value > most || (value != value && most == most)) most = value, best = at;
                    sum += value;
                    absolute += fabs(value);
                  }
              if (pass == 0) count = seen;
              if (args->count_outside) count = s->window[0] * s->window[1] * s->window[2];
              if (pass == 0 && !seen) best = SIZE_MAX;
            }
            if (which == MAXIMUM) y[out] = most;
            if (which == MAXIMUM_GRADIENT && best != SIZE_MAX) y[best] += take(dy, args->dtype, out);
            if (which == MAXIMUM_GRADIENT && best != SIZE_MAX) scale[best] += fabs(take(dy, args->dtype, out));
            if (which == SELECT) y[out] = best == SIZE_MAX ? 0 : take(dy, args->dtype, best);
            if (which == AVERAGE) y[out] = sum / (double)(count ? count : 1), scale[out] = absolute / (double)(count ? count : 1);
          }
  (void)adds_to_input;
}

static void check_shape(mk_pool_shape s, mk_dtype dtype, int special) {
  size_t ins = (size_t)(s.batch * s.in[0] * s.in[1] * s.in[2] * s.channels);
  size_t outs = (size_t)(s.batch * s.out[0] * s.out[1] * s.out[2] * s.channels);
  size_t bytes = mk_size(dtype);
  static const double specials[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1, 1e-40};
  for (int which = MAXIMUM; which <= AVERAGE_GRADIENT; which++)
    for (int outside = 0; outside < (which >= AVERAGE ? 2 : 1); outside++) {
      if (dtype >= MK_I32 && which != SELECT) continue;
      int gives_input = which == MAXIMUM_GRADIENT || which == AVERAGE_GRADIENT;
      size_t results = gives_input ? ins : outs, dys = which == SELECT ? ins : outs;
      guarded x = guard(ins * bytes, 4 * below(2)), dy = guard(dys * bytes, 4 * below(2));
      guarded y = guard(results * bytes, 4 * below(2));
      for (size_t i = 0; i < ins; i++) {
        // Few values, so that ties are common.
        double value = below(2) ? floor(between(-3, 3)) : between(-3, 3);
        if (special && dtype < MK_I32 && below(3) == 0) value = specials[below(7)];
        put(x.at, dtype, i, dtype >= MK_U8 ? fabs(value) : value);
      }
      for (size_t i = 0; i < dys; i++) put(dy.at, dtype, i, dtype >= MK_U8 ? between(0, 99) : between(-3, 3));
      mk_pool_args args = {s, {0, 0}, {0, 1}, {0, 2}, dtype, (uint8_t)outside, 0};
      run_in_parts(names[which], runs[which], &args, (void*[]){x.at, dy.at, y.at}, y, 0);
      double* want = calloc(results + 1, sizeof *want);
      double* scale = calloc(results + 1, sizeof *scale);
      plain(which, &args, x.at, dy.at, want, scale);
      double unit = dtype == MK_F32 ? 0x1p-23 : 0x1p-52;
      double least = dtype == MK_F32 ? 0x1p-149 : 0x1p-1074;
      double terms = (double)(s.window[0] * s.window[1] * s.window[2] + 2);
      for (size_t i = 0; i < results; i++) {
        double got = take(y.at, dtype, i);
        int is_right = which == MAXIMUM || which == SELECT ? same(got, want[i])
                                                           : same(got, want[i]) || fabs(got - want[i]) <= unit * terms * scale[i] + least;
        if (!is_right) {
          FAIL("%s pool, type %d, in %lld %lld %lld, window %lld %lld %lld, stride %lld, before %lld, %lld channels: "
               "element %zu is %.9g, not %.9g\n", names[which], dtype, (long long)s.in[0], (long long)s.in[1], (long long)s.in[2],
               (long long)s.window[0], (long long)s.window[1], (long long)s.window[2], (long long)s.stride[2],
               (long long)s.before[2], (long long)s.channels, i, got, want[i]);
          break;
        }
      }
      if (which == MAXIMUM_GRADIENT && dtype < MK_I32) {
        // Through relu's gradient: exactly what it makes of the one just found.
        for (size_t i = 0; i < ins; i++) {
          double at = take(x.at, dtype, i);
          want[i] = at > 0 ? take(y.at, dtype, i) : at != at ? at : 0;
        }
        args.clips = 1;
        run_in_parts("max gradient through relu", runs[which], &args, (void*[]){x.at, dy.at, y.at}, y, 0);
        for (size_t i = 0; i < ins; i++)
          if (!same(take(y.at, dtype, i), want[i])) {
            FAIL("max gradient through relu, type %d, %lld by %lld, %lld channels: element %zu is %g, not %g\n", dtype,
                 (long long)s.in[1], (long long)s.in[2], (long long)s.channels, i, take(y.at, dtype, i), want[i]);
            break;
          }
      }
      free(want);
      free(scale);
      release(x), release(dy), release(y);
    }
}

static mk_pool_shape shape_of(int64_t batch, int64_t channels, const int64_t* in, const int64_t* window,
                              const int64_t* stride, int is_same) {
  mk_pool_shape s = {.batch = batch, .channels = channels};
  for (int a = 0; a < 3; a++) {
    s.in[a] = in[a], s.window[a] = window[a], s.stride[a] = stride[a];
    if (is_same) {
      s.out[a] = (in[a] + stride[a] - 1) / stride[a];
      int64_t padding = (s.out[a] - 1) * stride[a] + window[a] - in[a];
      s.before[a] = padding > 0 ? padding / 2 : 0;
    } else {
      s.out[a] = in[a] < window[a] ? 0 : (in[a] - window[a]) / stride[a] + 1;
    }
  }
  return s;
}

int check_pool(void) {
  tool_failures = 0;
  static const int64_t channels[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 64, 67, 130};
  // Two by two, the common case: every number of channels, even and odd sides.
  for (size_t c = 0; c < sizeof channels / sizeof *channels; c++)
    for (int64_t side = 1; side < 12; side++)
      for (int is_same = 0; is_same < 2; is_same++)
        check_shape(shape_of(2, channels[c], (int64_t[]){1, side, 12 - side + (side & 1)}, (int64_t[]){1, 2, 2}, (int64_t[]){1, 2, 2}, is_same), MK_F32, side & 1);
  check_shape(shape_of(2, 4, (int64_t[]){1, 6, 70}, (int64_t[]){1, 2, 2}, (int64_t[]){1, 2, 2}, 0), MK_F32, 0);
  check_shape(shape_of(1, 1, (int64_t[]){3, 6, 71}, (int64_t[]){1, 2, 2}, (int64_t[]){1, 2, 2}, 1), MK_F32, 1);
  static const mk_dtype types[] = {MK_F32, MK_F64, MK_I32, MK_I64, MK_U8};
  for (int trial = 0; trial < 250; trial++) {
    int64_t in[3], window[3], stride[3];
    for (int a = 0; a < 3; a++) {
      in[a] = a == 0 && below(2) ? 1 : 1 + (int64_t)below(8);
      window[a] = a == 0 && in[0] == 1 ? 1 : 1 + (int64_t)below(4);
      stride[a] = a == 0 && in[0] == 1 ? 1 : 1 + (int64_t)below(3);
    }
    int64_t many = channels[below(12)];
    mk_pool_shape s = shape_of((int64_t)below(4), below(20) ? many : 0, in, window, stride, (int)below(2));
    if (below(6) == 0) s.before[2] = 1, s.out[2] = (s.in[2] + 2 - s.window[2]) / s.stride[2] + 1;
    if (s.out[2] < 0 || s.in[2] + 2 < s.window[2]) continue;
    check_shape(s, types[trial % 5], trial & 1);
  }
  check_shape(shape_of(2, 3, (int64_t[]){1, 30, 30}, (int64_t[]){1, 30, 30}, (int64_t[]){1, 1, 1}, 0), MK_F32, 0);
  return tool_failures;
}
