// Warps against images that are extended pixel by pixel.
#include "mk_warp.h"

#include "CKernelChecks.h"
#include "check_tools.h"

// Walks to position i of an axis of n pixels, one step at a time; -1 for the fill value.
static int64_t walk(int64_t i, int64_t n, mk_warp_fill fill) {
  if (n == 0) return -1;
  int64_t at = 0, direction = i < 0 ? -1 : 1;
  for (int64_t left = i < 0 ? -i : i; left > 0; left--) {
    int64_t next = at + direction;
    if (next >= 0 && next < n) {
      at = next;
      continue;
    }
    switch (fill) {
      case MK_FILL_NEAREST: break;
      case MK_FILL_WRAP: at = direction < 0 ? n - 1 : 0; break;
      case MK_FILL_REFLECT: direction = -direction; break;
      case MK_FILL_MIRROR:
        direction = -direction;
        if (n > 1) at += direction;
        break;
      default: return -1;
    }
  }
  return at;
}

typedef struct {
  int64_t at;
  double weight;
} plain_tap;

static int plain_taps(const mk_warp_args* s, const double* t, int64_t i, int64_t j, plain_tap* taps) {
  double k = t[6] * (double)j + t[7] * (double)i + 1;
  double column = (t[0] * (double)j + t[1] * (double)i + t[2]) / k;
  double row = (t[3] * (double)j + t[4] * (double)i + t[5]) / k;
  if (!isfinite(column) || !isfinite(row) || fabs(column) > 1e15 || fabs(row) > 1e15) {
    taps[0] = (plain_tap){-1, 1};
    return 1;
  }
  int count = 0;
  for (int64_t down = 0; down < 2; down++)
    for (int64_t right = 0; right < 2; right++) {
      double r = s->is_bilinear ? floor(row) : round(row), c = s->is_bilinear ? floor(column) : round(column);
      double wy = s->is_bilinear ? row - r : 0, wx = s->is_bilinear ? column - c : 0;
      double weight = (down ? wy : 1 - wy) * (right ? wx : 1 - wx);
      if (weight == 0) continue;
      int64_t y = walk((int64_t)r + down, s->height, s->fill), x = walk((int64_t)c + right, s->width, s->fill);
      taps[count++] = (plain_tap){y < 0 || x < 0 ? -1 : y * s->width + x, weight};
    }
  return count;
}

static void check_case(mk_warp_args s, int kind) {
  size_t image = (size_t)(s.batch * s.height * s.width * s.channels);
  size_t read = (size_t)(s.batch * s.rows * s.columns * s.channels);
  size_t bytes = mk_size(s.dtype);
  double unit = s.dtype == MK_F32 ? 0x1p-23 : 0x1p-52;
  guarded transforms = guard((size_t)s.transforms * 8 * bytes, 4 * below(2)), value = guard(bytes, 4);
  for (size_t n = 0; n < (size_t)s.transforms; n++) {
    double angle = between(-3, 3), scale = between(0.3, 2);
    double numbers[8] = {scale * cos(angle), -sin(angle), between(-4, 9), sin(angle), scale * cos(angle), between(-4, 9), 0, 0};
    if (kind == 1) numbers[6] = between(-0.2, 0.2), numbers[7] = between(-0.2, 0.2);
    if (kind == 2) {  // quarters of a pixel: halves and whole pixels are met exactly
      static const double quarters[] = {0, 1, -1, 0.5, -0.25, 2};
      for (int k = 0; k < 6; k++) numbers[k] = quarters[below(6)];
    }
    if (kind == 3) {  // near the identity: most places are inside
      numbers[0] = between(0.9, 1.1), numbers[1] = between(-0.1, 0.1), numbers[2] = between(-1, 1);
      numbers[3] = between(-0.1, 0.1), numbers[4] = between(0.9, 1.1), numbers[5] = between(-1, 1);
    }
    if (kind == 4) numbers[below(8)] = (double[]){NAN, INFINITY, -INFINITY, 1e300}[below(4)];
    for (size_t k = 0; k < 8; k++) put(transforms.at, s.dtype, 8 * n + k, s.dtype == MK_F32 && numbers[k] > 1e38 ? INFINITY : numbers[k]);
  }
  put(value.at, s.dtype, 0, between(-2, 2));
  for (int is_adjoint = 0; is_adjoint < 2; is_adjoint++) {
    size_t sources = is_adjoint ? read : image, results = is_adjoint ? image : read;
    guarded x = guard(sources * bytes, 4 * below(2)), y = guard(results * bytes, 4 * below(2));
    for (size_t i = 0; i < sources; i++) put(x.at, s.dtype, i, between(-3, 3));
    if (!is_adjoint && kind == 2 && sources) put(x.at, s.dtype, below(sources), INFINITY);
    s.x = (mk_ref){0, 0}, s.transform = (mk_ref){0, 1}, s.value = (mk_ref){0, 2}, s.y = (mk_ref){0, 3};
    run_in_parts(is_adjoint ? "warp gradient" : "warp", is_adjoint ? mk_warp_gradient : mk_warp, &s,
                 (void*[]){x.at, transforms.at, value.at, y.at}, y, 0);
    double* want = calloc(results + 1, sizeof *want);
    double* sizes = calloc(results + 1, sizeof *sizes);
    for (int64_t n = 0; n < s.batch; n++) {
      double t[8];
      for (size_t k = 0; k < 8; k++) t[k] = take(transforms.at, s.dtype, (s.transforms > 1 ? 8 * (size_t)n : 0) + k);
      for (int64_t i = 0; i < s.rows; i++)
        for (int64_t j = 0; j < s.columns; j++) {
          plain_tap taps[4];
          int count = plain_taps(&s, t, i, j, taps);
          for (int k = 0; k < count; k++)
            for (int64_t c = 0; c < s.channels; c++) {
              size_t out = (size_t)(((n * s.rows + i) * s.columns + j) * s.channels + c);
              size_t in = (size_t)((n * s.height * s.width + taps[k].at) * s.channels + c);
              if (taps[k].at < 0 && is_adjoint) continue;
              size_t to = is_adjoint ? in : out;
              double term = taps[k].weight * (taps[k].at < 0 ? take(value.at, s.dtype, 0) : take(x.at, s.dtype, is_adjoint ? out : in));
              want[to] += term, sizes[to] += fabs(term) + fabs(taps[k].weight);
            }
        }
    }
    // Weights depend on places, whose own error in double is far below that of a sum in float; in
    // double it grows with the place.
    double slack = s.dtype == MK_F32 ? 8 * unit : 4000 * unit;
    for (size_t i = 0; i < results; i++) {
      double got = take(y.at, s.dtype, i);
      if (same(got, want[i]) || fabs(got - want[i]) <= slack * sizes[i]) continue;
      FAIL("%s, type %d, kind %d, %lld of %lld x %lld x %lld to %lld x %lld, fill %d, bilinear %d: element %zu is %.17g, not %.17g\n",
           is_adjoint ? "warp gradient" : "warp", s.dtype, kind, (long long)s.batch, (long long)s.height, (long long)s.width,
           (long long)s.channels, (long long)s.rows, (long long)s.columns, s.fill, s.is_bilinear, i, got, want[i]);
      break;
    }
    free(want), free(sizes);
    release(x), release(y);
  }
  release(transforms), release(value);
}

int check_warp(void) {
  tool_failures = 0;
  for (int trial = 0; trial < 1500; trial++) {
    mk_warp_args s = {.batch = (int64_t)below(4), .channels = 1 + (int64_t)below(5)};
    s.height = 1 + (int64_t)below(9), s.width = 1 + (int64_t)below(trial % 3 ? 9 : 40);
    s.rows = trial % 2 ? s.height : (int64_t)below(12);
    s.columns = trial % 2 ? s.width : (int64_t)below(trial % 3 ? 12 : 70);
    if (below(30) == 0) s.height = 0;
    if (below(30) == 0) s.channels = 0;
    s.transforms = below(3) ? s.batch : 1;
    s.dtype = below(2) ? MK_F32 : MK_F64;
    s.fill = (mk_warp_fill)(trial % 5);
    s.is_bilinear = (uint8_t)below(4) != 0;
    check_case(s, (int)below(5));
  }
  return tool_failures;
}
