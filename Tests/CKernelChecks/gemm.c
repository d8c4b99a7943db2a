// Matrix products against a plain triple loop in float64.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernelChecks.h"
#include "CKernels.h"
#include "product_checks.h"

// C = A · B, the plain way: the sum and the sum of absolute values, for element (i, j).
static void plain(const mk_gemm_args* g, const void* a, const void* b, int64_t i, int64_t j,
                  double* sum, double* size) {
  *sum = *size = 0;
  for (int64_t k = 0; k < g->k; k++) {
    double term = element(a, g->dtype, i * g->a_row + k * g->a_column) *
                  element(b, g->dtype, k * g->b_row + j * g->b_column);
    *sum += term;
    *size += fabs(term);
  }
}

typedef struct {
  int64_t m, n, k;
  int a_layout,
      b_layout;  // 0 rows, 1 transposed, 2 negative rows, 3 every second column, 4 one row for all
  int64_t batch;
  int broadcast;  // 1: A, 2: B
  int accumulate, epilogue;
  int64_t gap;  // between C's rows
} gemm_case;

// Strides of a [rows, columns] operand and how many elements it needs; `first` is where (0, 0)
// lies.
static int64_t lay_out(int layout, int64_t rows, int64_t columns, int64_t* row, int64_t* column,
                       int64_t* first) {
  *first = 0;
  switch (layout) {
    case 1: *row = 1, *column = rows + 1; return (rows + 1) * columns + 1;
    case 2:
      *row = -(columns + 1), *column = 1, *first = (columns + 1) * (rows > 0 ? rows - 1 : 0);
      return (columns + 1) * (rows + 1);
    case 3: *row = 2 * columns + 1, *column = 2; return (2 * columns + 1) * (rows + 1);
    case 4: *row = 0, *column = 1; return columns + 1;
    default: *row = columns, *column = 1; return rows * columns + 1;
  }
}

static int check_case(const gemm_case* t, mk_dtype dtype) {
  const size_t size = mk_size(dtype);
  mk_gemm_args g = {.a = {0, 0},
                    .b = {0, 1},
                    .c = {0, 2},
                    .m = t->m,
                    .n = t->n,
                    .k = t->k,
                    .dtype = dtype,
                    .c_row = t->n + t->gap,
                    .accumulate = (uint8_t)t->accumulate};
  int64_t a_first, b_first;
  const int64_t a_count = lay_out(t->a_layout, t->m, t->k, &g.a_row, &g.a_column, &a_first);
  const int64_t b_count = lay_out(t->b_layout, t->k, t->n, &g.b_row, &g.b_column, &b_first);
  g.a.offset = (uint64_t)a_first * size, g.b.offset = (uint64_t)b_first * size;
  if (t->batch > 1) {
    g.batch_rank = 1, g.batch[0] = t->batch;
    g.a_batch[0] = t->broadcast == 1 ? 0 : a_count, g.b_batch[0] = t->broadcast == 2 ? 0 : b_count;
  }
  g.c_batch = t->m * g.c_row;
  const int64_t c_count = t->batch * g.c_batch;
  void* a = random_elements(dtype, t->batch * a_count, 1);
  void* b = random_elements(dtype, t->batch * b_count, 2);
  void *start = random_elements(dtype, c_count, 3), *first = NULL;
  mk_program program;
  relu_parts relu;
  int failures = 0;
  const int parts_tried[] = {1, 2, 3, 7};
  for (int p = 0; p < 4; p++) {
    void* c = malloc((size_t)c_count * size + 1);
    memcpy(c, start, (size_t)c_count * size);
    g.blocking = mk_gemm_blocking(t->m * t->batch, t->n, t->k, dtype, (uint32_t)parts_tried[p]);
    if (p == 3) g.blocking.row_parts = 1, g.blocking.column_parts = 7;
    if (t->epilogue) {
      make_relu(&program, &relu, dtype, (mk_ref){0, 2}, (uint64_t)c_count);
      g.epilogue = &program;
    }
    void* bases[] = {a, b, c, NULL};
    run_in_parts(mk_gemm, &g, bases, mk_gemm_scratch(&g), (uint32_t)parts_tried[p]);
    if (t->epilogue && mk_gemm_handed_bytes(&g) > 0) {
      // The epilogue alone reads the sums: from the scratch, as many as a tile has at a time.
      void* other = malloc((size_t)c_count * size + 1);
      memcpy(other, start, (size_t)c_count * size);
      relu.operand.ref.base = MK_HANDED_BASE, bases[2] = other;
      g.handed_bytes = 14 * g.blocking.nc * size;
      run_in_parts(mk_gemm, &g, bases, mk_gemm_scratch(&g), (uint32_t)parts_tried[p]);
      if (memcmp(other, c, (size_t)c_count * size) != 0) {
        fprintf(stderr, "gemm %lldx%lldx%lld: C in the scratch changes the bits\n", (long long)t->m,
                (long long)t->n, (long long)t->k);
        failures++;
      }
      g.handed_bytes = 0;
      free(other);
    }
    if (!first) {
      first = c;
      continue;
    }
    if (memcmp(first, c, (size_t)c_count * size) != 0) {
      fprintf(stderr, "gemm %lldx%lldx%lld: %d parts change the bits\n", (long long)t->m,
              (long long)t->n, (long long)t->k, parts_tried[p]);
      failures++;
    }
    free(c);
  }
  const double unit = dtype == MK_F64 ? 0x1p-53 : 0x1p-24;
  for (int64_t index = 0; index < t->batch && failures < 5; index++)
    for (int64_t i = 0; i < t->m; i++)
      for (int64_t j = 0; j < g.c_row && failures < 5; j++) {
        const int64_t at = index * g.c_batch + i * g.c_row + j;
        const double old = element(start, dtype, at), got = element(first, dtype, at);
        double sum = old, terms = 0;
        if (j < t->n) {
          plain(&g, (char*)a + (a_first + index * g.a_batch[0]) * (int64_t)size,
                (char*)b + (b_first + index * g.b_batch[0]) * (int64_t)size, i, j, &sum, &terms);
          if (t->accumulate) sum += old, terms += fabs(old);
          if (t->epilogue && sum < 0) sum = 0;
        }
        if (!(fabs(got - sum) <= ((double)t->k + 2) * unit * terms)) {
          fprintf(stderr,
                  "gemm %lldx%lldx%lld layouts %d %d dtype %d [%lld, %lld, %lld]: %g, not %g\n",
                  (long long)t->m, (long long)t->n, (long long)t->k, t->a_layout, t->b_layout,
                  dtype, (long long)index, (long long)i, (long long)j, got, sum);
          failures++;
        }
      }
  free(a), free(b), free(start), free(first);
  return failures;
}

// The bits of a row are the same alone and in company, whatever the tiles are.
static int check_alone(mk_dtype dtype, int64_t m, int64_t n, int64_t k) {
  const size_t size = mk_size(dtype);
  void *a = random_elements(dtype, m * k, 1), *b = random_elements(dtype, k * n, 2);
  void *all = malloc((size_t)(m * n) * size), *one = malloc((size_t)n * size);
  mk_gemm_args g = {.a = {0, 0},
                    .b = {0, 1},
                    .c = {0, 2},
                    .m = m,
                    .n = n,
                    .k = k,
                    .dtype = dtype,
                    .a_row = k,
                    .a_column = 1,
                    .b_row = n,
                    .b_column = 1,
                    .c_row = n};
  void* bases[] = {a, b, all};
  g.blocking = mk_gemm_blocking(m, n, k, dtype, 1);
  run_in_parts(mk_gemm, &g, bases, mk_gemm_scratch(&g), 1);
  int failures = 0;
  for (int64_t i = 0; i < m; i += 5) {
    g.m = 1, g.a.offset = (uint64_t)(i * k) * size;
    g.blocking = mk_gemm_blocking(1, n, k, dtype, 1);
    bases[2] = one;
    run_in_parts(mk_gemm, &g, bases, mk_gemm_scratch(&g), 1);
    failures += memcmp(one, (char*)all + (size_t)(i * n) * size, (size_t)n * size) != 0;
    // And as a column, (A · B)ᵀ: each element by itself.
    for (int64_t j = 0; j < n; j += 7) {
      mk_gemm_args column = g;
      column.m = 1, column.n = 1, column.c_row = 1, column.b.offset = (uint64_t)j * size;
      column.blocking = mk_gemm_blocking(1, 1, k, dtype, 1);
      run_in_parts(mk_gemm, &column, bases, mk_gemm_scratch(&column), 1);
      failures += memcmp(one, (char*)all + (size_t)(i * n + j) * size, size) != 0;
    }
  }
  if (failures)
    fprintf(stderr, "gemm %lldx%lldx%lld: bits of a row alone differ\n", (long long)m, (long long)n,
            (long long)k);
  free(a), free(b), free(all), free(one);
  return failures;
}

int check_gemm(void) {
  int failures = 0;
  for (int d = 0; d < 2; d++) {
    const mk_dtype dtype = d ? MK_F64 : MK_F32;
    for (int64_t m = 0; m <= 67; m += m < 20 ? 1 : 9)
      for (int64_t n = 0; n <= 67; n += n < 18 ? 3 : 7) {
        gemm_case t = {.m = m,
                       .n = n,
                       .k = (m * 7 + n) % 40,
                       .a_layout = (int)(m % 5),
                       .b_layout = (int)(n % 5),
                       .batch = 1 + (m + n) % 3,
                       .broadcast = (int)(m % 3),
                       .accumulate = (int)(n % 2)};
        t.epilogue = !t.accumulate && m % 2;
        t.gap = t.epilogue ? 0 : (m + n) % 4;
        failures += check_case(&t, dtype);
      }
    const int64_t sizes[][3] = {{1, 1, 0},      {3, 5, 0},       {1, 1000, 33},  {1000, 1, 300},
                                {130, 10, 84},  {33, 300, 1000}, {200, 65, 700}, {64, 64, 64},
                                {15, 33, 2100}, {128, 256, 256}, {260, 1043, 20}, {40, 1043, 530},
                                {200, 65, 1300}, {1, 120, 400},  {1, 83, 500}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
      for (int layouts = 0; layouts < 4; layouts++) {
        gemm_case t = {.m = sizes[s][0],
                       .n = sizes[s][1],
                       .k = sizes[s][2],
                       .a_layout = layouts % 2,
                       .b_layout = layouts / 2,
                       .batch = 1,
                       .epilogue = layouts == 0};
        failures += check_case(&t, dtype);
      }
    failures += check_alone(dtype, 61, 83, 900) + check_alone(dtype, 130, 40, 64) +
                check_alone(dtype, 16, 16, 1);
  }
  // NaN and infinity pass through; padding of panels never meets them.
  {
    float a[6] = {1, INFINITY, 0, NAN, 2, 3}, b[6] = {1, 2, 3, 4, 5, 6}, c[4];
    mk_gemm_args g = {.a = {0, 0},
                      .b = {0, 1},
                      .c = {0, 2},
                      .m = 2,
                      .n = 2,
                      .k = 3,
                      .a_row = 3,
                      .a_column = 1,
                      .b_row = 2,
                      .b_column = 1,
                      .c_row = 2,
                      .dtype = MK_F32};
    g.blocking = mk_gemm_blocking(2, 2, 3, MK_F32, 1);
    void* bases[] = {a, b, c};
    run_in_parts(mk_gemm, &g, bases, mk_gemm_scratch(&g), 1);
    if (!isinf(c[0]) || !isinf(c[1]) || !isnan(c[2]) || !isnan(c[3])) {
      fprintf(stderr, "gemm: NaN or infinity swallowed\n");
      failures++;
    }
  }
  return failures;
}
