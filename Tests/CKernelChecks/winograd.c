// Convolutions from transformed squares against plain loops in float64.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernelChecks.h"
#include "CKernels.h"
#include "conv_twin.h"

// What is put into the source before it is convolved.
enum { ORDINARY, SPECIAL, HUGE_ELEMENTS };

static void disturb(float* source, int64_t count, int kind) {
  if (count == 0) return;
  if (kind == SPECIAL) {
    source[count / 3] = INFINITY;
    source[count / 2] = -INFINITY;
    source[count - 1] = NAN;
  } else if (kind == HUGE_ELEMENTS) {
    // Their transforms overflow, sums of few of them do not.
    for (int64_t i = 0; i < count; i++) source[i] = i % 211 ? 0 : source[i] * 0x1p126f;
  }
}

// One convolution in so many parts; `held` as decided (-1) or by force.
static void compute(const mk_conv_shape* s, int input, int side, uint32_t parts, int held,
                    const mk_program* epilogue, void* const* buffers) {
  mk_winograd_args args = {
      .conv = {.shape = *s, .x = {0, 0}, .w = {0, 1}, .y = {0, 2}, .epilogue = epilogue},
      .u = {0, 3},
      .input = (uint8_t)input,
      .side = (uint8_t)side};
  args.blocking = mk_winograd_blocking_of(&args, parts);
  if (parts == 3) args.blocking.row_parts = 1, args.blocking.column_parts = 3;
  if (held >= 0) args.blocking.held = (uint8_t)held;
  if (parts == 7) args.blocking.squares = 5;
  void* u = malloc(mk_winograd_filter_bytes(&args) + 1);
  memset(u, 0xff, mk_winograd_filter_bytes(&args));
  void* bases[] = {buffers[0], buffers[1], buffers[2], u};
  if (args.blocking.held)
    run_in_parts(mk_winograd_filter, &args, bases, mk_winograd_filter_scratch(&args), parts);
  run_in_parts(mk_winograd, &args, bases, mk_winograd_scratch(&args), parts);
  free(u);
}

static int check_one(const mk_conv_shape* s, int input, int side, int epilogue, int kind) {
  const int64_t counts[3] = {s->batch * volume(s->in) * s->channels,
                             volume(s->kernel) * s->channels * s->filters,
                             s->batch * volume(s->out) * s->filters};
  float* x = random_elements(MK_F32, counts[0], 1);
  float* w = random_elements(MK_F32, counts[1], 2);
  float* y = random_elements(MK_F32, counts[2], 3);
  const int written = input ? 0 : 2;
  const int64_t count = counts[written];
  disturb(input ? y : x, counts[input ? 2 : 0], kind);
  double* sum = calloc((size_t)count + 1, sizeof(double));
  double* size = calloc((size_t)count + 1, sizeof(double));
  double* terms = calloc((size_t)count + 1, sizeof(double));
  plain(s, MK_F32, input ? INPUT : FORWARD, x, w, y, sum, size, terms);

  int failures = 0;
  float* first = NULL;
  const uint32_t parts[] = {1, 2, 3, 7};
  for (int p = 0; p < 4; p++) {
    float* got = malloc((size_t)count * sizeof(float) + 1);
    memset(got, 0xff, (size_t)count * sizeof(float) + 1);
    void* buffers[] = {x, w, y};
    buffers[written] = got;
    mk_program program;
    relu_parts relu;
    if (epilogue)
      make_relu(&program, &relu, MK_F32, (mk_ref){0, (uint32_t)written}, (uint64_t)count);
    compute(s, input, side, parts[p], p == 2 ? 1 : p == 3 ? 0 : -1, epilogue ? &program : NULL,
            buffers);
    if (!first) {
      first = got;
      continue;
    }
    if (memcmp(first, got, (size_t)count * sizeof(float)) != 0) {
      fprintf(stderr, "winograd: %u parts change the bits\n", parts[p]);
      failures++;
    }
    free(got);
  }
  // An image by itself has the bits it has in company.
  if (s->batch > 1 && !epilogue) {
    mk_conv_shape one = *s;
    one.batch = 1;
    const int64_t image = count / s->batch, at = (s->batch - 1) * image;
    float* got = malloc((size_t)image * sizeof(float) + 1);
    void* buffers[] = {x + counts[0] / s->batch * (s->batch - 1), w,
                       y + counts[2] / s->batch * (s->batch - 1)};
    buffers[written] = got;
    compute(&one, input, side, 1, -1, NULL, buffers);
    if (memcmp(first + at, got, (size_t)image * sizeof(float)) != 0) {
      fprintf(stderr, "winograd: company changes the bits\n");
      failures++;
    }
    free(got);
  }
  // An error of a square spreads over all of it, so the largest sum of sizes is the measure.
  double largest = 0;
  for (int64_t i = 0; i < count; i++)
    if (isfinite(size[i]) && size[i] > largest) largest = size[i];
  for (int64_t i = 0; i < count && failures < 3; i++) {
    const double want = epilogue && sum[i] < 0 ? 0 : (double)(float)sum[i], got = (double)first[i];
    if (isfinite(want) ? fabs(got - want) <= 24 * 0x1p-24 * largest
        : isnan(want)  ? isnan(got)
                       : got == want)
      continue;
    fprintf(stderr, "winograd element %lld: %g, not %g\n", (long long)i, got, want);
    failures++;
  }
  if (failures)
    fprintf(stderr,
            "  batch %lld channels %lld filters %lld in %lld %lld kernel %lld out %lld %lld before "
            "%lld %lld input %d side %d epilogue %d kind %d\n",
            (long long)s->batch, (long long)s->channels, (long long)s->filters,
            (long long)s->in[1], (long long)s->in[2], (long long)s->kernel[1],
            (long long)s->out[1], (long long)s->out[2], (long long)s->before[1],
            (long long)s->before[2], input, side, epilogue, kind);
  free(x), free(w), free(y), free(first), free(sum), free(size), free(terms);
  return failures;
}

// The gradient of the filters: the same twin, and a flag where something is not finite.
static int check_gradient(const mk_conv_shape* s, int side, int kind) {
  const int64_t counts[3] = {s->batch * volume(s->in) * s->channels,
                             volume(s->kernel) * s->channels * s->filters,
                             s->batch * volume(s->out) * s->filters};
  float* x = random_elements(MK_F32, counts[0], 1);
  float* y = random_elements(MK_F32, counts[2], 3);
  const int64_t count = counts[1];
  disturb(x, counts[0], kind);
  double* sum = calloc((size_t)count + 1, sizeof(double));
  double* size = calloc((size_t)count + 1, sizeof(double));
  double* terms = calloc((size_t)count + 1, sizeof(double));
  plain(s, MK_F32, FILTER, x, NULL, y, sum, size, terms);
  int failures = 0, flagged = 0;
  float* first = NULL;
  const uint32_t parts[] = {1, 2, 3, 7};
  for (int p = 0; p < 4; p++) {
    float* got = malloc((size_t)count * sizeof(float) + 1);
    memset(got, 0xff, (size_t)count * sizeof(float) + 1);
    mk_winograd_gradient_args args = {
        .winograd = {.conv = {.shape = *s, .x = {0, 0}, .w = {0, 1}, .y = {0, 2}},
                     .side = (uint8_t)side},
        .sums = {0, 3},
        .flags = {0, 4}};
    mk_winograd_gradient_plan(&args, parts[p]);
    if (p == 2) args.winograd.blocking.row_parts = 1, args.winograd.blocking.column_parts = 3;
    const size_t bytes = mk_winograd_gradient_bytes(&args);
    void* sums = malloc(bytes + 1);
    memset(sums, 0xff, bytes);
    uint8_t flags[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    void* bases[] = {x, got, y, sums, flags};
    run_in_parts(mk_winograd_gradient_sums, &args, bases, mk_winograd_gradient_scratch(&args),
                 parts[p]);
    run_in_parts(mk_winograd_gradient, &args, bases, 0, parts[p]);
    int any_flag = 0;
    for (uint32_t i = 0; i < 8; i++) any_flag |= i < parts[p] ? flags[i] : flags[i] != 9;
    flagged |= any_flag;
    if (any_flag) {
      // The direct way takes over.
      mk_winograd_repair_args repair = {.flags = {0, 4}, .count = parts[p]};
      repair.filter.conv = args.winograd.conv;
      repair.filter.conv.dtype = MK_F32;
      repair.filter.partials = (mk_ref){0, 3};
      repair.filter.conv.blocking =
          mk_conv_filter_blocking(s, MK_F32, parts[p], &repair.filter.chunks);
      free(sums);
      bases[3] = sums = malloc(mk_conv_filter_workspace(&repair.filter) + 1);
      repair.run = mk_conv_filter_partials;
      run_in_parts(mk_winograd_repair, &repair, bases, mk_conv_filter_scratch(&repair.filter),
                   parts[p]);
      repair.run = mk_conv_filter_sum;
      run_in_parts(mk_winograd_repair, &repair, bases, mk_conv_filter_scratch(&repair.filter),
                   parts[p]);
    }
    free(sums);
    if (!first) {
      first = got;
      continue;
    }
    if (memcmp(first, got, (size_t)count * sizeof(float)) != 0) {
      fprintf(stderr, "winograd gradient: %u parts change the bits\n", parts[p]);
      failures++;
    }
    free(got);
  }
  double largest = 0;
  for (int64_t i = 0; i < count; i++)
    if (isfinite(size[i]) && size[i] > largest) largest = size[i];
  for (int64_t i = 0; i < count && failures < 3; i++) {
    const double want = (double)(float)sum[i], got = (double)first[i];
    if (isfinite(want) ? fabs(got - want) <= 24 * 0x1p-24 * largest
        : isnan(want)  ? isnan(got)
                       : !isfinite(got))
      continue;
    fprintf(stderr, "winograd gradient element %lld: %g, not %g\n", (long long)i, got, want);
    failures++;
  }
  if (failures || (kind == ORDINARY && flagged && ++failures))
    fprintf(stderr,
            "  batch %lld channels %lld filters %lld in %lld %lld kernel %lld out %lld %lld before "
            "%lld %lld side %d kind %d gradient\n",
            (long long)s->batch, (long long)s->channels, (long long)s->filters,
            (long long)s->in[1], (long long)s->in[2], (long long)s->kernel[1],
            (long long)s->out[1], (long long)s->out[2], (long long)s->before[1],
            (long long)s->before[2], side, kind);
  free(x), free(y), free(first), free(sum), free(size), free(terms);
  return failures;
}

static int check_all(const mk_conv_shape* s, int kind) {
  int failures = 0;
  for (int side = 2; side <= 4; side += 2)
    if (mk_winograd_serves(s, side)) {
      failures += check_gradient(s, side, kind);
      for (int input = 0; input < 2; input++)
        for (int epilogue = 0; epilogue < 2; epilogue++)
          failures += check_one(s, input, side, epilogue, kind);
    }
  return failures;
}

int check_winograd(void) {
  int failures = 0;
  uint64_t state = 3;
#define PICK(n)                                                                                    \
  ((int64_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) % (n))
  for (int round = 0; round < 120 && failures < 10; round++) {
    mk_conv_shape s = {.batch = 1 + PICK(3), .groups = 1};
    s.channels = round < 68 ? round : 1 + PICK(40);
    s.filters = round < 68 ? 67 - round : 1 + PICK(40);
    const int64_t window = PICK(2) ? 3 : 5;
    for (int i = 0; i < 3; i++) {
      s.in[i] = s.kernel[i] = s.out[i] = s.stride[i] = s.dilation[i] = 1;
      if (i == 0) continue;
      s.kernel[i] = window;
      s.in[i] = 1 + PICK(14);
      s.before[i] = PICK(window + 2);
      const int64_t after = PICK(window + 2), padded = s.in[i] + s.before[i] + after;
      s.out[i] = padded < window ? 0 : padded - window + 1;
    }
    failures += check_all(&s, ORDINARY);
    if (round % 8 == 0) failures += check_all(&s, SPECIAL) + check_all(&s, HUGE_ELEMENTS);
  }
#undef PICK
  // The shapes of networks, small: several blocks of terms, several panels, many squares.
  const mk_conv_shape shapes[] = {
      {2, 1, 64, 64, {1, 14, 14}, {1, 3, 3}, {1, 14, 14}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {5, 1, 33, 60, {1, 7, 7}, {1, 5, 5}, {1, 7, 7}, {1, 1, 1}, {1, 1, 1}, {0, 2, 2}},
      {1, 1, 300, 40, {1, 5, 6}, {1, 3, 3}, {1, 5, 6}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {1, 1, 40, 260, {1, 6, 5}, {1, 5, 5}, {1, 6, 5}, {1, 1, 1}, {1, 1, 1}, {0, 2, 2}},
      {1, 1, 32, 36, {1, 90, 70}, {1, 3, 3}, {1, 90, 70}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {1, 1, 8, 9, {1, 3, 500}, {1, 3, 3}, {1, 3, 500}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {0, 1, 8, 9, {1, 5, 5}, {1, 3, 3}, {1, 5, 5}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
  };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    failures += check_all(&shapes[i], ORDINARY);
  return failures;
}
