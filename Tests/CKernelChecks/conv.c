// Convolutions and both their gradients against plain loops in float64.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernelChecks.h"
#include "CKernels.h"
#include "conv_twin.h"
#include "product_checks.h"

static int check_shape(const mk_conv_shape* s, mk_dtype dtype, int which, int epilogue) {
  const size_t size = mk_size(dtype);
  const int64_t counts[3] = {s->batch * volume(s->in) * s->channels,
                             volume(s->kernel) * (s->channels / s->groups) * s->filters,
                             s->batch * volume(s->out) * s->filters};
  void* x = random_elements(dtype, counts[0], 1);
  void* w = random_elements(dtype, counts[1], 2);
  void* y = random_elements(dtype, counts[2], 3);
  const int written = which == FORWARD ? 2 : which == INPUT ? 0 : 1;
  const int64_t count = counts[written];
  double* sum = calloc((size_t)count + 1, sizeof(double));
  double* terms = calloc((size_t)count + 1, sizeof(double));
  double* lengths = calloc((size_t)count + 1, sizeof(double));
  plain(s, dtype, which, x, w, y, sum, terms, lengths);

  int failures = 0;
  void* first = NULL;
  const int parts_tried[] = {1, 2, 3, 7};
  for (int p = 0; p < 4; p++) {
    void *got = malloc((size_t)count * size + 1), *partials = NULL;
    memset(got, 0xff, (size_t)count * size + 1);
    mk_conv_args args = {.shape = *s, .x = {0, 0}, .w = {0, 1}, .y = {0, 2}, .dtype = dtype};
    void* bases[] = {x, w, y, NULL};
    bases[written] = got;
    const uint32_t parts = (uint32_t)parts_tried[p];
    mk_program program;
    relu_parts relu;
    if (epilogue) {
      make_relu(&program, &relu, dtype, (mk_ref){0, (uint32_t)written}, (uint64_t)count);
      args.epilogue = &program;
    }
    if (which == FORWARD) {
      args.blocking = mk_conv_blocking(s, dtype, parts);
      if (p == 2) args.blocking.row_parts = 1, args.blocking.column_parts = 3;
      run_in_parts(mk_conv, &args, bases, mk_conv_scratch(&args), parts);
    } else if (which == INPUT) {
      args.blocking = mk_conv_input_blocking(s, dtype, parts);
      if (p == 2) args.blocking.row_parts = 1, args.blocking.column_parts = 3;
      run_in_parts(mk_conv_input, &args, bases, mk_conv_input_scratch(&args), parts);
    } else {
      mk_conv_filter_args filter = {.conv = args, .partials = {0, 3}};
      filter.conv.blocking = mk_conv_filter_blocking(s, dtype, parts, &filter.chunks);
      partials = malloc(mk_conv_filter_workspace(&filter) + 1);
      bases[3] = partials;
      run_in_parts(mk_conv_filter_partials, &filter, bases, mk_conv_filter_scratch(&filter), parts);
      run_in_parts(mk_conv_filter_sum, &filter, bases, mk_conv_filter_scratch(&filter), parts);
    }
    free(partials);
    if (!first) {
      first = got;
      continue;
    }
    if (memcmp(first, got, (size_t)count * size) != 0) {
      fprintf(stderr, "conv: %u parts change the bits\n", parts);
      failures++;
    }
    free(got);
  }
  const double unit = dtype == MK_F64 ? 0x1p-53 : 0x1p-24;
  for (int64_t i = 0; i < count && failures < 3; i++) {
    const double got = element(first, dtype, i), want = epilogue && sum[i] < 0 ? 0 : sum[i];
    if (!(fabs(got - want) <= (lengths[i] + 2) * unit * terms[i])) {
      fprintf(stderr, "%s element %lld: %g, not %g\n",
              which == FORWARD ? "conv"
              : which == INPUT ? "conv input"
                               : "conv filter",
              (long long)i, got, want);
      failures++;
    }
  }
  if (failures)
    fprintf(stderr,
            "  batch %lld groups %lld channels %lld filters %lld in %lld %lld %lld kernel %lld "
            "%lld %lld out "
            "%lld %lld %lld stride %lld %lld %lld dilation %lld %lld %lld before %lld %lld %lld "
            "dtype %d\n",
            (long long)s->batch, (long long)s->groups, (long long)s->channels,
            (long long)s->filters, (long long)s->in[0], (long long)s->in[1], (long long)s->in[2],
            (long long)s->kernel[0], (long long)s->kernel[1], (long long)s->kernel[2],
            (long long)s->out[0], (long long)s->out[1], (long long)s->out[2],
            (long long)s->stride[0], (long long)s->stride[1], (long long)s->stride[2],
            (long long)s->dilation[0], (long long)s->dilation[1], (long long)s->dilation[2],
            (long long)s->before[0], (long long)s->before[1], (long long)s->before[2], dtype);
  free(x), free(w), free(y), free(first), free(sum), free(terms), free(lengths);
  return failures;
}

static int check_all(const mk_conv_shape* s, mk_dtype dtype) {
  return check_shape(s, dtype, FORWARD, 0) + check_shape(s, dtype, INPUT, 0) +
         check_shape(s, dtype, FILTER, 0) + check_shape(s, dtype, FORWARD, 1) +
         check_shape(s, dtype, INPUT, 1);
}

// The results of the first `few` images, which must be the same bits within any batch.
static void* of_images(const mk_conv_shape* shape, int64_t few, mk_dtype dtype, int which,
                       const void* source, const void* w, int64_t* bytes) {
  mk_conv_shape s = *shape;
  s.batch = few;
  const int64_t target = which == FORWARD ? volume(s.out) * s.filters : volume(s.in) * s.channels;
  *bytes = shape->batch * target * (int64_t)mk_size(dtype);
  void* got = malloc((size_t)*bytes + 1);
  memset(got, 0xff, (size_t)*bytes + 1);
  mk_conv_args args = {.shape = s, .w = {0, 1}, .dtype = dtype};
  void* bases[] = {(void*)source, (void*)w, got};
  if (which == FORWARD) {
    args.x = (mk_ref){0, 0}, args.y = (mk_ref){0, 2};
    args.blocking = mk_conv_blocking(&s, dtype, 1);
    run_in_parts(mk_conv, &args, bases, mk_conv_scratch(&args), 1);
  } else {
    args.y = (mk_ref){0, 0}, args.x = (mk_ref){0, 2};
    args.blocking = mk_conv_input_blocking(&s, dtype, 1);
    run_in_parts(mk_conv_input, &args, bases, mk_conv_input_scratch(&args), 1);
  }
  *bytes = few * target * (int64_t)mk_size(dtype);
  return got;
}

static int check_batches(const mk_conv_shape* s, mk_dtype dtype, int which) {
  const int64_t source =
      s->batch * (which == FORWARD ? volume(s->in) * s->channels : volume(s->out) * s->filters);
  void* x = random_elements(dtype, source, 4);
  void* w = random_elements(
      dtype, volume(s->kernel) * (s->channels / s->groups) * s->filters, 5);
  int64_t all, one;
  void *whole = of_images(s, s->batch, dtype, which, x, w, &all),
       *first = of_images(s, s->batch < 2 ? s->batch : 2, dtype, which, x, w, &one);
  const int failures = memcmp(whole, first, (size_t)one) != 0;
  if (failures)
    fprintf(stderr, "conv %d: the bits of an image depend on the batch of %lld, dtype %d\n", which,
            (long long)s->batch, dtype);
  free(x), free(w), free(whole), free(first);
  return failures;
}

// An epilogue with a value for each channel, a scalar and a register that is used again gives, in
// any number of parts, what it gives when it runs over the finished result.
static int check_epilogue(const mk_conv_shape* s, mk_dtype dtype, int which) {
  const int64_t channels = which == FORWARD ? s->filters : s->channels;
  const int64_t count =
      s->batch * (which == FORWARD ? volume(s->out) : volume(s->in)) * channels;
  const int64_t source =
      s->batch * (which == FORWARD ? volume(s->in) * s->channels : volume(s->out) * s->filters);
  void* x = random_elements(dtype, source, 6);
  void* w =
      random_elements(dtype, volume(s->kernel) * (s->channels / s->groups) * s->filters, 7);
  void* bias = random_elements(dtype, channels, 8);
  void* scale = random_elements(dtype, 1, 9);
  const mk_ref y = {0, 2};
  const mk_operand operands[] = {
      {.ref = y, .reg = 0, .dtype = dtype, .kind = MK_DENSE},
      {.ref = {0, 3}, .stride = {0, 1}, .reg = 1, .dtype = dtype, .kind = MK_STRIDED},
      {.ref = {0, 4}, .reg = 2, .dtype = dtype, .kind = MK_SCALAR}};
  const mk_step steps[] = {{.run = mk_block(mk_isa(), MK_MULTIPLY, dtype), .y = 3, .a = 0, .b = 2},
                           {.run = mk_block(mk_isa(), MK_ADD, dtype), .y = 1, .a = 3, .b = 1},
                           {.run = mk_block(mk_isa(), MK_RELU, dtype), .y = 3, .a = 1}};
  const mk_result result = {.ref = y, .reg = 3, .dtype = dtype, .direct = 1};
  const mk_program program = {.count = (uint64_t)count,
                              .size = {count / channels, channels},
                              .rank = 2,
                              .register_count = 4,
                              .register_bytes = (uint32_t)(MK_BLOCK * mk_size(dtype)),
                              .operand_count = 3,
                              .step_count = 3,
                              .result_count = 1,
                              .operands = operands,
                              .steps = steps,
                              .results = &result};
  int failures = 0;
  void* want = NULL;
  for (uint32_t parts = 0; parts < 8; parts++) {  // 0: the program by itself
    void* got = malloc((size_t)count * mk_size(dtype));
    void* bases[] = {x, w, got, bias, scale};
    const uint32_t row_parts = parts ? parts : 1;
    mk_conv_args args = {.shape = *s,
                         .x = which == FORWARD ? (mk_ref){0, 0} : y,
                         .w = {0, 1},
                         .y = which == FORWARD ? y : (mk_ref){0, 0},
                         .dtype = dtype,
                         .epilogue = parts ? &program : NULL};
    if (which == FORWARD) {
      args.blocking = mk_conv_blocking(s, dtype, row_parts);
      run_in_parts(mk_conv, &args, bases, mk_conv_scratch(&args), row_parts);
    } else {
      args.blocking = mk_conv_input_blocking(s, dtype, row_parts);
      run_in_parts(mk_conv_input, &args, bases, mk_conv_input_scratch(&args), row_parts);
    }
    if (!parts) {
      run_in_parts(mk_elementwise, &program, bases, mk_program_scratch(&program), 1);
      want = got;
      continue;
    }
    if (memcmp(want, got, (size_t)count * mk_size(dtype)) != 0) {
      fprintf(stderr, "conv %d: %u parts and an epilogue change the bits, dtype %d\n", which, parts,
              dtype);
      failures++;
    }
    free(got);
  }
  free(want), free(x), free(w), free(bias), free(scale);
  return failures;
}

// Shapes whose lanes lie along the images: whole blocks of them and rests, paddings of every kind,
// taps that reach nothing, strips of several bands, columns in several tiles.
static int check_lanes_along_images(void) {
  const mk_conv_shape shapes[] = {
      {32, 1, 1, 6, {1, 12, 12}, {1, 5, 5}, {1, 12, 12}, {1, 1, 1}, {1, 1, 1}, {0, 2, 2}},
      {16, 1, 6, 16, {1, 9, 14}, {1, 5, 5}, {1, 5, 10}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {29, 1, 4, 12, {1, 7, 6}, {1, 3, 3}, {1, 5, 4}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {13, 1, 3, 5, {1, 6, 20}, {1, 2, 4}, {1, 6, 20}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {16, 1, 5, 24, {1, 5, 5}, {1, 3, 3}, {1, 5, 5}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {17, 1, 20, 50, {1, 4, 5}, {1, 3, 3}, {1, 2, 3}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {16, 1, 2, 3, {1, 1, 70}, {1, 1, 7}, {1, 1, 70}, {1, 1, 1}, {1, 1, 2}, {0, 0, 12}},
      {31, 1, 4, 4, {1, 9, 9}, {1, 3, 3}, {1, 9, 9}, {1, 1, 1}, {1, 2, 2}, {0, 2, 2}},
      {16, 1, 2, 7, {1, 3, 3}, {1, 3, 3}, {1, 7, 7}, {1, 1, 1}, {1, 1, 1}, {0, 4, 4}},
      {16, 1, 4, 3, {1, 9, 9}, {1, 3, 3}, {1, 4, 5}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {16, 1, 40, 9, {1, 6, 90}, {1, 3, 3}, {1, 6, 90}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {40, 1, 1, 4, {1, 28, 28}, {1, 5, 5}, {1, 24, 24}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {16, 1, 3, 16, {1, 15, 16}, {1, 3, 3}, {1, 8, 8}, {1, 2, 2}, {1, 1, 1}, {0, 1, 0}},
      {20, 1, 3, 7, {1, 20, 19}, {1, 2, 5}, {1, 7, 9}, {1, 3, 2}, {1, 1, 1}, {0, 1, 2}},
      {16, 1, 16, 16, {1, 9, 60}, {1, 3, 3}, {1, 5, 15}, {1, 2, 4}, {1, 2, 1}, {0, 2, 1}},
  };
  int failures = 0;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int d = 0; d < 2; d++) {
      const mk_dtype dtype = d ? MK_F64 : MK_F32;
      failures += check_all(&shapes[i], dtype) + check_batches(&shapes[i], dtype, FORWARD) +
                  check_batches(&shapes[i], dtype, INPUT) +
                  check_epilogue(&shapes[i], dtype, FORWARD) +
                  check_epilogue(&shapes[i], dtype, INPUT);
    }
  return failures;
}

int check_conv(void) {
  int failures = check_lanes_along_images();
  uint64_t state = 1;
#define PICK(n)                                                                                    \
  ((int64_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) % (n))
  for (int round = 0; round < 220 && failures < 10; round++) {
    mk_conv_shape s = {.batch = 1 + PICK(4)};
    const int axes = 1 + (int)PICK(3), kind = (int)PICK(6);
    s.groups = kind == 0 ? 2 + PICK(40) : kind == 1 ? 2 + PICK(2) : 1;
    s.channels = kind == 0 ? s.groups : s.groups * (1 + PICK(kind == 2 ? 70 : 9));
    s.filters = kind == 0 && PICK(4) ? s.groups : s.groups * (1 + PICK(kind == 3 ? 70 : 12));
    for (int i = 0; i < 3; i++) {
      s.in[i] = s.kernel[i] = s.out[i] = s.stride[i] = s.dilation[i] = 1;
      if (i < 3 - axes) continue;
      s.in[i] = 1 + PICK(axes == 3 ? 6 : axes == 2 ? 12 : 70);
      s.kernel[i] = 1 + PICK(axes == 3 ? 3 : 5);
      s.stride[i] = 1 + (PICK(2) ? PICK(3) : 0);
      s.dilation[i] = 1 + (PICK(3) ? 0 : PICK(3));
      s.before[i] = PICK(s.kernel[i] + 1);
      const int64_t after = PICK(s.kernel[i] + 1);
      const int64_t reach = (s.kernel[i] - 1) * s.dilation[i] + 1,
                    padded = s.in[i] + s.before[i] + after;
      s.out[i] = padded < reach ? 0 : (padded - reach) / s.stride[i] + 1;
    }
    failures += check_all(&s, round % 4 ? MK_F32 : MK_F64);
  }
#undef PICK
  // The shapes of networks, small: many blocks of k, many rows, whole panels, long rows.
  const mk_conv_shape shapes[] = {
      {2, 1, 64, 64, {1, 14, 14}, {1, 3, 3}, {1, 14, 14}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {5, 1, 33, 60, {1, 7, 7}, {1, 5, 5}, {1, 7, 7}, {1, 1, 1}, {1, 1, 1}, {0, 2, 2}},
      {3, 1, 1, 6, {1, 28, 28}, {1, 5, 5}, {1, 24, 24}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {1, 1, 150, 40, {1, 6, 6}, {1, 3, 3}, {1, 3, 3}, {1, 2, 2}, {1, 1, 1}, {0, 1, 1}},
      {1, 1, 40, 9, {1, 1, 3000}, {1, 1, 7}, {1, 1, 3000}, {1, 1, 1}, {1, 1, 1}, {0, 0, 3}},
      {2, 1, 70, 80, {1, 9, 9}, {1, 1, 1}, {1, 9, 9}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {2, 1, 600, 3, {1, 5, 5}, {1, 3, 3}, {1, 5, 5}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {0, 1, 3, 4, {1, 5, 5}, {1, 3, 3}, {1, 5, 5}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
      {2, 1, 3, 4, {1, 2, 2}, {1, 3, 3}, {1, 0, 0}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {2, 1, 3, 5, {1, 40, 200}, {1, 3, 3}, {1, 40, 200}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
  };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int d = 0; d < 2; d++) failures += check_all(&shapes[i], d ? MK_F64 : MK_F32);
  return failures;
}
