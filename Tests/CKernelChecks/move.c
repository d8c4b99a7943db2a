// Copies, fills, gathers, scatters and sorts against plain loops.
#include "mk_move.h"

#include "CKernelChecks.h"
#include "check_tools.h"

// MARK: Copies

static void check_copy_of(const int64_t* size, const int64_t* x_stride, const int64_t* y_stride,
                          uint32_t rank, uint8_t bytes) {
  // The span of each view, so that buffers are exactly as large as they must be.
  int64_t count = 1, x_low = 0, x_high = 0, y_low = 0, y_high = 0;
  for (uint32_t i = 0; i < rank; i++) count *= size[i];
  for (uint32_t i = 0; i < rank && count; i++) {
    int64_t a = x_stride[i] * (size[i] - 1), b = y_stride[i] * (size[i] - 1);
    *(a < 0 ? &x_low : &x_high) += a;
    *(b < 0 ? &y_low : &y_high) += b;
  }
  guarded x = guard((size_t)(x_high - x_low + 1) * bytes, below(2) * 3);
  guarded y = guard((size_t)(y_high - y_low + 1) * bytes, below(2) * 5);
  for (size_t i = 0; i < x.bytes; i++) x.at[i] = (unsigned char)any();
  unsigned char* want = malloc(y.bytes);
  mk_copy_args args = {.x = {(uint64_t)-x_low * bytes, 0}, .y = {(uint64_t)-y_low * bytes, 1}, .rank = rank, .bytes = bytes};
  for (uint32_t i = 0; i < rank; i++)
    args.size[i] = size[i], args.x_stride[i] = x_stride[i], args.y_stride[i] = y_stride[i];
  void* bases[] = {x.at, y.at};
  static const uint32_t divisions[] = {1, 2, 3, 7};
  for (int d = 0; d < 4; d++) {
    memset(want, 0x33, y.bytes);
    memset(y.at, 0x33, y.bytes);
    for (int64_t n = 0; n < count; n++) {
      int64_t from = -x_low, to = -y_low, rest = n;
      for (uint32_t i = rank; i-- > 0; rest /= size[i])
        from += rest % size[i] * x_stride[i], to += rest % size[i] * y_stride[i];
      memcpy(want + to * bytes, x.at + from * bytes, bytes);
    }
    for (uint32_t part = divisions[d]; part-- > 0;) mk_copy(&args, &(mk_context){bases, NULL, part, divisions[d]});
    if (memcmp(want, y.at, y.bytes) || !guards_hold(y)) {
      char shape[200] = "";
      for (uint32_t i = 0; i < rank; i++)
        snprintf(shape + strlen(shape), 60, " %lld:%lld>%lld", (long long)size[i], (long long)x_stride[i], (long long)y_stride[i]);
      FAIL("copy of %d bytes,%s, %u parts%s\n", bytes, shape, divisions[d], guards_hold(y) ? "" : ", out of bounds");
    }
  }
  free(want);
  release(x);
  release(y);
}

// A view of a dense tensor: axes permuted, some reversed, some broadcast, some stepped over.
static void check_copies(void) {
  static const uint8_t widths[] = {1, 4, 8};
  for (int trial = 0; trial < 1200; trial++) {
    uint32_t rank = (uint32_t)below(6);
    int64_t size[MK_RANK], x_stride[MK_RANK], y_stride[MK_RANK];
    int order[MK_RANK], is_large = trial % 4 == 0 && rank <= 3;
    for (uint32_t i = 0; i < rank; i++) {
      size[i] = is_large ? 1 + (int64_t)below(70) : 1 + (int64_t)below(6);
      if (below(40) == 0) size[i] = 0;
      order[i] = (int)i;
    }
    for (int view = 0; view < 2; view++) {
      for (uint32_t i = rank; i > 1; i--) {
        uint32_t j = (uint32_t)below(i);
        int swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
      }
      if (trial % 3 == 0)  // a plain result
        for (uint32_t i = 0; view == 1 && i < rank; i++) order[i] = (int)i;
      int64_t stride = below(6) == 0 ? 2 : 1;
      for (uint32_t i = rank; i-- > 0;) {
        int64_t* strides = view ? y_stride : x_stride;
        int a = order[i];
        strides[a] = below(6) == 0 ? -stride : stride;
        if (view == 0 && below(8) == 0) strides[a] = 0;
        stride *= (size[a] ? size[a] : 1) + (below(8) == 0);
      }
    }
    check_copy_of(size, x_stride, y_stride, rank, widths[trial % 3]);
  }
  for (int64_t rows = 0; rows <= 67; rows += rows < 34 ? 1 : 3)
    for (int64_t columns = 1; columns <= 67; columns += columns < 18 ? 1 : 7)
      for (int w = 0; w < 3; w++)
        check_copy_of((int64_t[]){rows, columns}, (int64_t[]){1, rows ? rows : 1}, (int64_t[]){columns, 1}, 2, widths[w]);
}

static void check_fills(void) {
  static const uint8_t widths[] = {1, 4, 8};
  for (size_t count = 0; count < 300; count += count < 68 ? 1 : 41)
    for (int w = 0; w < 3; w++) {
      size_t bytes = widths[w];
      guarded x = guard(bytes, 1), y = guard(count * bytes, below(2));
      for (size_t i = 0; i < bytes; i++) x.at[i] = (unsigned char)any();
      mk_fill_args args = {{0, 0}, {0, 1}, count, widths[w]};
      run_in_parts("fill", mk_fill, &args, (void*[]){x.at, y.at}, y, 0);
      for (size_t i = 0; i < count; i++)
        if (memcmp(y.at + i * bytes, x.at, bytes)) FAIL("fill of %zu, width %zu: element %zu\n", count, bytes, i);
      release(x);
      release(y);
    }
}

// MARK: Gathers and scatters

static void check_indexing(size_t outer, size_t axis, size_t inner, size_t count, mk_dtype dtype,
                           mk_dtype index_dtype, int along, int with_bad) {
  size_t bytes = mk_size(dtype), indices = along ? outer * count * inner : count;
  size_t small = outer * count * inner, large = outer * axis * inner;
  guarded index = guard(indices * mk_size(index_dtype), 0), error = guard(16, 0);
  guarded x = guard(large * bytes, 0), y = guard(small * bytes, 0);
  guarded dx = guard(large * bytes, 0);
  int64_t bad[2] = {0, 0};
  for (size_t i = 0; i < indices; i++) {
    int64_t k = axis ? (int64_t)below(2 * axis) - (int64_t)axis : 0;
    if (with_bad && below(9) == 0) k = below(2) ? (int64_t)axis : -(int64_t)axis - 1;
    if ((k >= (int64_t)axis || k < -(int64_t)axis) && !bad[0]) bad[0] = (int64_t)i + 1, bad[1] = k;
    put(index.at, index_dtype, i, (double)k);
  }
  for (size_t i = 0; i < large; i++) put(x.at, dtype, i, dtype == MK_BOOL ? (double)below(2) : floor(between(0, 90)));
  void* bases[] = {x.at, index.at, y.at, error.at, dx.at};

  mk_gather_args gather = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, outer, axis, inner, count, index_dtype, (uint8_t)bytes};
  run_in_parts("gather", along ? mk_gather_along : mk_gather, &gather, bases, y, 0);
  if (memcmp(bad, error.at, 16)) FAIL("gather: bad is %lld at %lld\n", (long long)bad[1], (long long)bad[0] - 1);

  double* sums = calloc(large + 1, sizeof *sums);
  for (size_t o = 0; o < outer; o++)
    for (size_t j = 0; j < count; j++)
      for (size_t i = 0; i < inner; i++) {
        size_t at = (o * count + j) * inner + i;
        int64_t k = (int64_t)take(index.at, index_dtype, along ? at : j);
        if (k < 0) k += (int64_t)axis;
        int is_bad = k < 0 || k >= (int64_t)axis;
        double want = is_bad ? 0 : take(x.at, dtype, (o * axis + (size_t)k) * inner + i);
        if (take(y.at, dtype, at) != want)
          FAIL("gather%s [%zu, %zu, %zu] by %zu: element %zu\n", along ? " along" : "", outer, axis, inner, count, at);
        double* sum = &sums[is_bad ? large : (o * axis + (size_t)k) * inner + i];
        double term = take(y.at, dtype, at);
        if (dtype == MK_BOOL) *sum = *sum || term;
        else if (dtype == MK_U8) *sum = (double)(uint8_t)(int)(*sum + term);
        else *sum += term;
      }

  mk_scatter_args scatter = {{0, 2}, {0, 1}, {0, 4}, {0, 3}, outer, axis, inner, count, index_dtype, dtype};
  run_in_parts("scatter", along ? mk_scatter_add_along : mk_scatter_add, &scatter, bases, dx, 0);
  if (memcmp(bad, error.at, 16)) FAIL("scatter: bad is %lld at %lld\n", (long long)bad[1], (long long)bad[0] - 1);
  for (size_t i = 0; i < large; i++)
    if (take(dx.at, dtype, i) != sums[i])
      FAIL("scatter%s [%zu, %zu, %zu] by %zu, type %d: element %zu is %g, not %g\n", along ? " along" : "", outer, axis,
           inner, count, dtype, i, take(dx.at, dtype, i), sums[i]);
  free(sums);
  release(index), release(error), release(x), release(y), release(dx);
}

static void check_all_indexing(void) {
  static const size_t sizes[][4] = {{1, 10, 1, 7}, {3, 5, 4, 9}, {2, 7, 33, 5}, {1, 4, 100, 3}, {0, 3, 2, 4}, {2, 0, 3, 4},
                                    {2, 3, 0, 4}, {2, 3, 4, 0}, {1, 1000, 1, 2000}, {5, 3, 2, 3}, {1, 20, 67, 40}};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (mk_dtype dtype = 0; dtype < MK_DTYPES; dtype++)
      for (int v = 0; v < 8; v++)
        check_indexing(sizes[s][0], sizes[s][1], sizes[s][2], sizes[s][3], dtype, v & 1 ? MK_I64 : MK_I32, v >> 1 & 1, v >> 2);
}

// The order of additions is that of j: sums that depend on it say so.
static void check_scatter_order(void) {
  float terms[] = {1e8f, 1, -1e8f, 1}, y[16];
  int32_t index[] = {0, 0, 0, 0};
  int64_t error[2];
  mk_scatter_args args = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, 1, 1, 1, 4, MK_I32, MK_F32};
  mk_scatter_add(&args, &(mk_context){(void*[]){terms, index, y, error}, NULL, 0, 1});
  if (y[0] != 1) FAIL("scatter: added out of order\n");
}

// MARK: Sorts

static double before(const void* x, mk_dtype dtype, size_t i, size_t j) {  // < 0: i comes first
  double a = take(x, dtype, i), b = take(x, dtype, j);
  if (a != a || b != b) return (a != a) - (b != b);
  return a < b ? -1 : a > b;
}

static void check_sort_of(size_t outer, size_t axis, size_t inner, mk_dtype dtype, int descending, int kind) {
  size_t count = outer * axis * inner, bytes = mk_size(dtype);
  guarded x = guard(count * bytes, 0), values = guard(count * bytes, 0), indices = guard(count * 4, 0);
  static const double specials[] = {NAN, -NAN, INFINITY, -INFINITY, 0, -0.0, 1e-40, -1e-40, 5, 5};
  for (size_t i = 0; i < count; i++) {
    double value = kind == 0 ? floor(between(-4, 4)) : between(-1e6, 1e6);
    if (dtype < MK_I32 && kind == 2) value = specials[below(10)];
    if (dtype >= MK_U8) value = fmod(fabs(value), dtype == MK_BOOL ? 2 : 256);
    put(x.at, dtype, i, value);
  }
  mk_sort_args args = {{0, 0}, {0, 1}, {0, 2}, outer, axis, inner, dtype, (uint8_t)descending, 1, 1};
  void* bases[] = {x.at, values.at, indices.at};
  run_in_parts("sort", mk_sort, &args, bases, indices, mk_sort_scratch(&args));
  run_in_parts("sort", mk_sort, &args, bases, values, mk_sort_scratch(&args));
  size_t* order = malloc((axis + 1) * sizeof *order);
  for (size_t line = 0; line < outer * inner; line++) {
    size_t base = line / inner * axis * inner + line % inner;
    for (size_t n = 0; n < axis; n++) {  // insertion, plainly
      size_t place = n;
      for (; place > 0; place--) {
        double c = before(x.at, dtype, base + order[place - 1] * inner, base + n * inner);
        if (descending ? c >= 0 : c <= 0) break;
        order[place] = order[place - 1];
      }
      order[place] = n;
    }
    for (size_t n = 0; n < axis; n++) {
      size_t at = base + n * inner;
      if ((size_t)take(indices.at, MK_I32, at) != order[n] ||
          memcmp(values.at + at * bytes, x.at + (base + order[n] * inner) * bytes, bytes)) {
        FAIL("sort [%zu, %zu, %zu], type %d, descending %d: line %zu, place %zu\n", outer, axis, inner, dtype, descending, line, n);
        break;
      }
    }
  }
  free(order);
  release(x), release(values), release(indices);
}

static void check_sorts(void) {
  for (mk_dtype dtype = 0; dtype < MK_DTYPES; dtype++)
    for (int descending = 0; descending < 2; descending++)
      for (int kind = 0; kind < 3; kind++) {
        for (size_t axis = 0; axis <= 67; axis += 1 + (axis > 20)) check_sort_of(1, axis, 1, dtype, descending, kind);
        check_sort_of(3, 20, 5, dtype, descending, kind);
        check_sort_of(2, 700, 2, dtype, descending, kind);
        check_sort_of(0, 5, 3, dtype, descending, kind);
      }
}

int check_move(void) {
  tool_failures = 0;
  check_copies();
  check_fills();
  check_all_indexing();
  check_scatter_order();
  check_sorts();
  return tool_failures;
}
