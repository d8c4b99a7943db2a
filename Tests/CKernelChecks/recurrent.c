// Recurrences and their gradients against plain loops in float64.
#include "mk_recurrent.h"

#include "CKernelChecks.h"
#include "CKernels.h"
#include "check_tools.h"

typedef struct {
  mk_recurrent_args args;
  int64_t gates;
  // Everything in float64: inputs, then what is computed.
  double *x, *w, *z, *u, *bias, *state_bias, *h0, *c0, *gain, *dy, *dh, *dc;
  uint8_t* mask;
  double *y, *before, *carry, *kept, *h, *c, *dx, *dz, *dzh, *dh0, *dc0;
} problem;

static double activated(int kind, double x) {
  switch (kind) {
    case MK_CELL_TANH: return tanh(x);
    case MK_CELL_SIGMOID: return 1 / (1 + exp(-x));
    case MK_CELL_RELU: return x < 0 ? 0 : x;
    case MK_CELL_HARD_SIGMOID: return fmin(fmax(x / 6 + 0.5, 0), 1);
    default: return x;
  }
}

static double slope(int kind, double y) {
  switch (kind) {
    case MK_CELL_TANH: return 1 - y * y;
    case MK_CELL_SIGMOID: return y * (1 - y);
    case MK_CELL_RELU: return y > 0 ? 1 : 0;
    case MK_CELL_HARD_SIGMOID: return y > 0 && y < 1 ? 1.0 / 6 : 0;
    default: return 1;
  }
}

static int has(const problem* p, uint32_t flag) { return (p->args.flags & flag) != 0; }

// One sample forward.
static void run_plain(problem* p, int64_t b) {
  const int64_t U = p->args.units, T = p->args.steps, G = p->gates, I = p->args.inputs;
  if (has(p, MK_HAS_KERNEL))
    for (int64_t i = b * T; i < (b + 1) * T; i++)
      for (int64_t j = 0; j < G * U; j++) {
        p->z[i * G * U + j] = 0;
        for (int64_t k = 0; k < I; k++) p->z[i * G * U + j] += p->x[i * I + k] * p->w[k * G * U + j];
      }
  const int act = p->args.activation, gate = p->args.gate, cell = p->args.cell;
  double *h = p->h + b * U, *c = p->c + b * U, *s = calloc((size_t)(G * U), sizeof(double));
  for (int64_t j = 0; j < U; j++) {
    h[j] = has(p, MK_HAS_H) ? p->h0[b * U + j] : 0;
    c[j] = has(p, MK_HAS_C) ? p->c0[b * U + j] : 0;
  }
  for (int64_t step = 0; step < T; step++) {
    const int64_t at = b * T + (p->args.reverse ? T - 1 - step : step), out = b * T + step;
    double* input = p->before + at * U;
    for (int64_t j = 0; j < U; j++) {
      input[j] = h[j] * (has(p, MK_HAS_GAIN) ? p->gain[b * U + j] : 1);
      p->carry[at * U + j] = c[j];
    }
    for (int64_t j = 0; j < G * U; j++) {
      s[j] = has(p, MK_HAS_STATE_BIAS) ? p->state_bias[j] : 0;
      for (int64_t k = 0; k < U; k++) s[j] += input[k] * p->u[k * G * U + j];
    }
    const int counts = !has(p, MK_HAS_MASK) || p->mask[at];
    for (int64_t j = 0; j < U; j++) {
      double x[4] = {0}, *kept = p->kept + at * 4 * U + j;
      for (int64_t g = 0; g < G; g++)
        x[g] = p->z[(at * G + g) * U + j] + (has(p, MK_HAS_BIAS) ? p->bias[g * U + j] : 0);
      if (!counts) {
        for (int g = 0; g < 4; g++) kept[g * U] = 0;
      } else if (cell == MK_LSTM) {
        for (int64_t g = 0; g < 4; g++) kept[g * U] = activated(g == 2 ? act : gate, x[g] + s[g * U + j]);
        c[j] = kept[U] * c[j] + kept[0] * kept[2 * U];
        h[j] = kept[3 * U] * activated(act, c[j]);
      } else if (cell == MK_GRU) {
        kept[0] = activated(gate, x[0] + s[j]);
        kept[U] = activated(gate, x[1] + s[U + j]);
        kept[3 * U] = s[2 * U + j];
        kept[2 * U] = activated(act, x[2] + kept[U] * kept[3 * U]);
        h[j] = kept[0] * h[j] + (1 - kept[0]) * kept[2 * U];
      } else {
        h[j] = activated(act, x[0] + s[j]);
      }
      p->y[out * U + j] = h[j];
    }
  }
  free(s);
}

// And back.
static void run_plain_back(problem* p, int64_t b) {
  const int64_t U = p->args.units, T = p->args.steps, G = p->gates, I = p->args.inputs;
  const int act = p->args.activation, gate = p->args.gate, cell = p->args.cell;
  double *dh = p->dh0 + b * U, *dc = p->dc0 + b * U;
  for (int64_t j = 0; j < U; j++) {
    dh[j] = has(p, MK_HAS_DH) ? p->dh[b * U + j] : 0;
    dc[j] = has(p, MK_HAS_DC) ? p->dc[b * U + j] : 0;
  }
  for (int64_t step = T; step-- > 0;) {
    const int64_t at = b * T + (p->args.reverse ? T - 1 - step : step), out = b * T + step;
    const int counts = !has(p, MK_HAS_MASK) || p->mask[at];
    for (int64_t j = 0; j < U; j++) {
      const double *kept = p->kept + at * 4 * U + j, y = p->y[out * U + j];
      double dx[4] = {0}, ds[4] = {0}, d = dh[j] + (has(p, MK_HAS_DY) ? p->dy[out * U + j] : 0);
      dh[j] = counts ? 0 : d;
      if (counts && cell == MK_LSTM) {
        const double i = kept[0], f = kept[U], g = kept[2 * U], o = kept[3 * U];
        const double before = p->carry[at * U + j], c = activated(act, f * before + i * g);
        dc[j] += d * o * slope(act, c);
        dx[0] = dc[j] * g * slope(gate, i), dx[1] = dc[j] * before * slope(gate, f);
        dx[2] = dc[j] * i * slope(act, g), dx[3] = d * c * slope(gate, o);
        dc[j] *= f;
        memcpy(ds, dx, sizeof ds);
      } else if (counts && cell == MK_GRU) {
        const double start = has(p, MK_HAS_H) ? p->h0[b * U + j] : 0;
        const double before = step > 0 ? p->y[(out - 1) * U + j] : start;
        dx[2] = d * (1 - kept[0]) * slope(act, kept[2 * U]);
        dx[1] = dx[2] * kept[3 * U] * slope(gate, kept[U]);
        dx[0] = d * (before - kept[2 * U]) * slope(gate, kept[0]);
        ds[0] = dx[0], ds[1] = dx[1], ds[2] = dx[2] * kept[U];
        dh[j] = d * kept[0];
      } else if (counts) {
        dx[0] = ds[0] = d * slope(act, y);
      }
      for (int64_t g = 0; g < G; g++) {
        p->dz[(at * G + g) * U + j] = dx[g], p->dzh[(at * G + g) * U + j] = ds[g];
      }
    }
    for (int64_t k = 0; k < I; k++) {
      p->dx[at * I + k] = 0;
      for (int64_t j = 0; j < G * U; j++)
        p->dx[at * I + k] += p->dz[at * G * U + j] * p->w[k * G * U + j];
    }
    for (int64_t k = 0; k < U; k++) {
      double d = 0;
      for (int64_t j = 0; j < G * U; j++) d += p->dzh[at * G * U + j] * p->u[k * G * U + j];
      dh[k] += d * (has(p, MK_HAS_GAIN) ? p->gain[b * U + k] : 1);
    }
  }
}

static double* draw(mk_dtype dtype, int64_t count, double most) {
  double* x = malloc((size_t)(count + 1) * sizeof(double));
  for (int64_t i = 0; i < count; i++) {
    x[i] = between(-most, most);
    if (dtype == MK_F32) x[i] = (double)(float)x[i];
  }
  return x;
}

static guarded typed(const double* x, int64_t count, mk_dtype dtype) {
  guarded g = guard((size_t)count * mk_size(dtype), mk_size(dtype));
  for (int64_t i = 0; i < count; i++) put(g.at, dtype, (size_t)i, x[i]);
  return g;
}

static void compare(const char* what, const problem* p, guarded got, int64_t offset, const double* want,
                    int64_t count) {
  const double unit = p->args.dtype == MK_F32 ? 0x1p-24 : 0x1p-53;
  const double slack = unit * (double)(40 + 4 * p->args.units) * (double)(4 + p->args.steps);
  for (int64_t i = 0; i < count; i++) {
    const double x = take(got.at, p->args.dtype, (size_t)(offset + i));
    if (same(x, want[i]) || fabs(x - want[i]) <= slack * fmax(1, fabs(want[i]))) continue;
    FAIL("%s, cell %d, type %d, flags %x, B %d T %d U %d, at %d: %.9g, not %.9g\n", what, p->args.cell,
         p->args.dtype, p->args.flags, (int)p->args.batch, (int)p->args.steps, (int)p->args.units,
         (int)i, x, want[i]);
  }
}

static guarded packed(const guarded u, int64_t k, int64_t n, int transposed, mk_dtype dtype) {
  guarded y = guard(mk_recurrent_pack_bytes(k, n, dtype), 0);
  void* bases[] = {u.at, y.at};
  const mk_recurrent_pack_args args = {{0, 0}, {0, 1}, k, n, (uint8_t)transposed, dtype};
  run_in_parts("pack", mk_recurrent_pack, &args, bases, (guarded){y.all, y.at, y.bytes - 64}, 0);
  return y;
}

// What the products of the way back read, the rows, against x, h and ones.
static void compare_rows(const problem* p, guarded got, const mk_recurrent_saved* at) {
  const int64_t U = p->args.units, T = p->args.steps, B = p->args.batch, I = p->args.inputs;
  double* want = calloc((size_t)(at->row + 1), sizeof(double));
  for (int64_t step = 0; step < T; step++)
    for (int64_t b = 0; b < B; b++) {
      const int64_t from = b * T + (p->args.reverse ? T - 1 - step : step);
      memcpy(want, p->before + from * U, (size_t)U * sizeof(double));
      if (p->args.cell == MK_GRU) want[U] = 1;
      if (I > 0) memcpy(want + at->x, p->x + from * I, (size_t)I * sizeof(double));
      want[at->x + I] = 1;
      compare("row", p, got, at->rows + (step * B + b) * at->row, want, at->row);
    }
  free(want);
}

// The gradients of kernels and biases: rowsᵀ · dz, a row for each column of the rows.
static double* plain_products(const problem* p, const mk_recurrent_saved* at) {
  const int64_t U = p->args.units, I = p->args.inputs, GU = p->gates * U;
  const int64_t count = p->args.batch * p->args.steps;
  double* sums = calloc((size_t)(at->columns * GU + 1), sizeof(double));
  for (int64_t i = 0; i < count; i++)
    for (int64_t column = 0; column < at->columns; column++) {
      const double* dz = column < at->x ? p->dzh : p->dz;
      double factor = 1;
      if (column < U) factor = p->before[i * U + column];
      else if (column >= at->x && column < at->x + I) factor = p->x[i * I + column - at->x];
      for (int64_t j = 0; j < GU; j++) sums[column * GU + j] += factor * dz[i * GU + j];
    }
  return sums;
}

static void check_one(mk_recurrent_args args) {
  problem p = {.args = args, .gates = mk_cell_gates(args.cell)};
  const mk_dtype dtype = args.dtype;
  const int64_t U = args.units, BU = args.batch * U, BTU = BU * args.steps, GU = p.gates * U;
  const int64_t I = args.inputs, BTI = args.batch * args.steps * I;
  const double most = 1.5 / sqrt((double)U + 1);
  p.x = draw(dtype, BTI, 1), p.w = draw(dtype, I * GU, 1.5 / sqrt((double)I + 1));
  p.z = draw(dtype, BTU * p.gates, 1), p.u = draw(dtype, U * GU, most);
  p.bias = draw(dtype, GU, 1), p.state_bias = draw(dtype, GU, 1);
  p.h0 = draw(dtype, BU, 1), p.c0 = draw(dtype, BU, 1), p.gain = draw(dtype, BU, 2);
  p.dy = draw(dtype, BTU, 1), p.dh = draw(dtype, BU, 1), p.dc = draw(dtype, BU, 1);
  p.mask = malloc((size_t)(args.batch * args.steps + 1));
  for (int64_t i = 0; i < args.batch * args.steps; i++) p.mask[i] = below(3) != 0;
  double** computed[] = {&p.y, &p.before, &p.carry, &p.h, &p.c, &p.dh0, &p.dc0};
  for (int i = 0; i < 7; i++) *computed[i] = draw(dtype, BTU + BU, 0);
  p.kept = draw(dtype, 4 * BTU, 0), p.dz = draw(dtype, p.gates * BTU, 0);
  p.dzh = draw(dtype, p.gates * BTU, 0), p.dx = draw(dtype, BTI, 0);
  for (int64_t b = 0; b < args.batch; b++) run_plain(&p, b), run_plain_back(&p, b);

  guarded u = typed(p.u, U * GU, dtype);
  guarded there = packed(u, U, GU, 0, dtype), back = packed(u, GU, U, 1, dtype);
  guarded w = typed(p.w, I * GU, dtype);
  guarded w_there = packed(w, I, GU, 0, dtype), w_back = packed(w, GU, I, 1, dtype);
  guarded mask = guard((size_t)(args.batch * args.steps), 0);
  memcpy(mask.at, p.mask, mask.bytes);
  const mk_recurrent_saved at = mk_recurrent_saved_of(&args);
  const mk_recurrent_out to = mk_recurrent_out_of(&args);
  const int has_kernel = (args.flags & MK_HAS_KERNEL) != 0;
  guarded all[] = {has_kernel ? typed(p.x, BTI, dtype) : typed(p.z, BTU * p.gates, dtype), u, there,
                   typed(p.bias, GU, dtype), typed(p.state_bias, GU, dtype), typed(p.h0, BU, dtype),
                   typed(p.c0, BU, dtype), typed(p.gain, BU, dtype), mask,
                   guard((size_t)at.count * mk_size(dtype), mk_size(dtype)), w_there, typed(p.dy, BTU, dtype),
                   typed(p.dh, BU, dtype), typed(p.dc, BU, dtype), back, w_back,
                   guard((size_t)to.kernels * mk_size(dtype), mk_size(dtype)),
                   guard((size_t)to.count * mk_size(dtype), mk_size(dtype)),
                   guard(mk_recurrent_panel_bytes(&args), 0),
                   guard(mk_recurrent_partial_bytes(&args), 0), w};
  enum { count = sizeof all / sizeof *all, saved = 9, out = 16, whole = 17, panels = 18, partials = 19 };
  void* bases[count];
  for (int i = 0; i < count; i++) bases[i] = all[i].at;
  mk_ref* references[] = {&args.z, &args.u, &args.packed, &args.bias, &args.state_bias, &args.h0,
                          &args.c0, &args.gain, &args.mask, &args.saved, &args.packed_kernel};
  for (uint32_t i = 0; i < 11; i++) *references[i] = (mk_ref){0, i};

  run_in_parts("recurrent", mk_recurrent, &args, bases, all[saved], mk_recurrent_scratch(&args, 1));
  if (args.flags & MK_HAS_OUTPUTS) compare("y", &p, all[saved], at.y, p.y, BTU);
  compare("last h", &p, all[saved], at.h, p.h, BU);
  if (args.cell == MK_LSTM) compare("last c", &p, all[saved], at.c, p.c, BU);
  if (args.flags & MK_KEEPS) {
    compare_rows(&p, all[saved], &at);
    mk_recurrent_gradient_args gradient = {args, {0, 11}, {0, 12}, {0, 13}, {0, out}, {0, panels}, {0, partials}, 1};
    gradient.forward.packed.base = 14, gradient.forward.packed_kernel.base = 15;
    const size_t scratch = mk_recurrent_gradient_scratch(&args);
    // The kernels' gradients, which come last, are another call's.
    run_in_parts("recurrent gradient", mk_recurrent_gradient, &gradient, bases, all[out], scratch);
    if (args.flags & MK_WANTS_INPUT) {
      if (has_kernel) compare("dx", &p, all[out], to.input, p.dx, BTI);
      else compare("dz", &p, all[out], to.input, p.dz, BTU * p.gates);
    }
    compare("dh0", &p, all[out], to.h, p.dh0, BU);
    if (args.cell == MK_LSTM) compare("dc0", &p, all[out], to.c, p.dc0, BU);
    if (args.flags & MK_WANTS_KERNELS) {
      double* want = plain_products(&p, &at);
      const size_t bytes = all[whole].bytes, before = (size_t)to.kernels * mk_size(dtype);
      void* at_once = malloc(bytes + 1);
      for (int deferred = 0; deferred < 2; deferred++) {
        gradient.deferred = (uint8_t)deferred, gradient.out.base = whole;
        for (uint32_t parts = 1; parts < 4; parts++) {
          memset(all[whole].at, 0x5A, bytes);
          mk_call calls[] = {{mk_recurrent_gradient, &gradient, parts}};
          mk_replay(calls, 1, bases, scratch, mk_threads(), NULL);
          mk_call sums[] = {{mk_recurrent_products, &gradient, 4 - parts}};
          mk_replay(sums, 1, bases, scratch, mk_threads(), NULL);
          if (!deferred && parts == 1) memcpy(at_once, all[whole].at, bytes);
          else if (memcmp(at_once, all[whole].at, bytes))
            FAIL("recurrent: other bits, %u parts, deferred %d\n", parts, deferred);
          if (!guards_hold(all[whole]) || !guards_hold(all[panels]) || !guards_hold(all[partials]))
            FAIL("recurrent: wrote out of bounds, deferred %d\n", deferred);
          if (memcmp(all[out].at, all[whole].at, before)) FAIL("recurrent: dx, dh or dc differ\n");
        }
      }
      compare("kernels", &p, all[whole], to.kernels, want, at.columns * GU);
      free(want), free(at_once);
    }
  }

  for (int i = 0; i < count; i++) release(all[i]);
  double* every[] = {p.x, p.w, p.z, p.u, p.bias, p.state_bias, p.h0, p.c0, p.gain, p.dy, p.dh, p.dc,
                     p.y, p.before, p.carry, p.kept, p.h, p.c, p.dx, p.dz, p.dzh, p.dh0, p.dc0};
  for (size_t i = 0; i < sizeof every / sizeof *every; i++) free(every[i]);
  free(p.mask);
}

// x·w in the scan has the bits that it has as a product of its own.
static void check_inside(mk_recurrent_args args) {
  const int64_t gates = mk_cell_gates(args.cell), U = args.units, GU = gates * U, I = 13;
  const int64_t rows = args.batch * args.steps;
  double* values = draw(args.dtype, rows * I + I * GU + U * GU, 1);
  guarded x = typed(values, rows * I, args.dtype), w = typed(values + rows * I, I * GU, args.dtype);
  guarded u = typed(values + rows * I + I * GU, U * GU, args.dtype);
  guarded z = guard((size_t)(rows * GU) * mk_size(args.dtype), 0);
  guarded u_there = packed(u, U, GU, 0, args.dtype), w_there = packed(w, I, GU, 0, args.dtype);
  guarded y[2];
  void* bases[] = {x.at, w.at, z.at, u.at, u_there.at, w_there.at, NULL};
  mk_gemm_args product = {.a = {0, 0}, .b = {0, 1}, .c = {0, 2}, .m = rows, .n = GU, .k = I,
                          .a_row = I, .a_column = 1, .b_row = GU, .b_column = 1, .c_row = GU,
                          .dtype = args.dtype};
  product.blocking = mk_gemm_blocking(rows, GU, I, args.dtype, 1);
  run_in_parts("product", mk_gemm, &product, bases, z, mk_gemm_scratch(&product));
  args.u.base = 3, args.packed.base = 4, args.packed_kernel.base = 5, args.saved.base = 6;
  for (int i = 0; i < 2; i++) {
    args.z.base = i ? 0 : 2, args.inputs = i ? I : 0, args.flags = MK_HAS_OUTPUTS | (i ? MK_HAS_KERNEL : 0);
    y[i] = guard((size_t)mk_recurrent_saved_of(&args).count * mk_size(args.dtype), 0);
    bases[6] = y[i].at;
    run_in_parts("inside", mk_recurrent, &args, bases, y[i], mk_recurrent_scratch(&args, 1));
  }
  if (memcmp(y[0].at, y[1].at, y[0].bytes))
    FAIL("recurrent: cell %d has other bits with its own product\n", args.cell);
  release(x), release(w), release(z), release(u), release(u_there), release(w_there);
  release(y[0]), release(y[1]), free(values);
}

// A NaN or an infinity in one sample stays there, and the others keep their bits.
static void check_neighbours(mk_recurrent_args args) {
  args.batch = 9, args.steps = 3, args.units = 19, args.flags = MK_HAS_OUTPUTS;
  args.activation = MK_CELL_TANH, args.gate = MK_CELL_SIGMOID;
  const int64_t gates = mk_cell_gates(args.cell), U = args.units, GU = gates * U;
  double* values = draw(args.dtype, 27 * GU, 2);
  guarded z = typed(values, 27 * GU, args.dtype), u = typed(values + 5, U * GU < 27 * GU ? U * GU : 27 * GU, args.dtype);
  guarded there = packed(u, U, GU, 0, args.dtype);
  const mk_recurrent_saved at = mk_recurrent_saved_of(&args);
  guarded y = guard((size_t)at.count * mk_size(args.dtype), 0);
  unsigned char* first = malloc(y.bytes);
  void* bases[] = {z.at, u.at, there.at, y.at};
  args.z.base = 0, args.u.base = 1, args.packed.base = 2, args.saved.base = 3;
  run_in_parts("neighbours", mk_recurrent, &args, bases, y, mk_recurrent_scratch(&args, 1));
  memcpy(first, y.at, y.bytes);
  put(z.at, args.dtype, (size_t)(4 * 3 * GU + 1), NAN);
  put(z.at, args.dtype, (size_t)(4 * 3 * GU + 2), INFINITY);
  run_in_parts("neighbours", mk_recurrent, &args, bases, y, mk_recurrent_scratch(&args, 1));
  for (int64_t i = 0; i < 27 * U; i++) {
    const size_t bytes = mk_size(args.dtype);
    if (i / (3 * U) == 4) continue;
    if (memcmp(first + (size_t)i * bytes, y.at + (size_t)i * bytes, bytes))
      FAIL("recurrent: sample %d knows its neighbour\n", (int)(i / (3 * U)));
  }
  if (!isnan(take(y.at, args.dtype, (size_t)(14 * U)))) FAIL("recurrent: NaN was lost\n");
  // The inputs' product has the same bits here as in a kernel of its own.
  check_inside(args);
  // One sample by itself has the bits that it has among others.
  args.batch = 1;
  for (int64_t i = 0; i < 9; i++) {
    guarded alone = guard((size_t)mk_recurrent_saved_of(&args).count * mk_size(args.dtype), 0);
    bases[3] = alone.at;
    args.z.offset = (uint64_t)(i * 3 * GU) * mk_size(args.dtype);
    run_in_parts("alone", mk_recurrent, &args, bases, alone, mk_recurrent_scratch(&args, 1));
    if (i != 4 && memcmp(alone.at, first + (size_t)(i * 3 * U) * mk_size(args.dtype), (size_t)(3 * U) * mk_size(args.dtype)))
      FAIL("recurrent: sample %d has other bits alone\n", (int)i);
    release(alone);
  }
  free(values), free(first);
  release(z), release(u), release(there), release(y);
}

int check_recurrent(void) {
  tool_failures = 0;
  for (int type = 0; type < 2; type++)
    for (uint8_t cell = MK_LSTM; cell <= MK_SIMPLE; cell++) {
      mk_recurrent_args args = {.cell = cell, .dtype = type ? MK_F64 : MK_F32};
      const uint32_t absent = cell == MK_LSTM ? 0 : MK_HAS_C | MK_HAS_DC;
      for (args.units = 1; args.units <= 67; args.units++) {
        args.batch = (int64_t)below(12), args.steps = (int64_t)below(6);
        args.activation = (uint8_t)below(5), args.gate = (uint8_t)below(5);
        args.reverse = (uint8_t)below(2);
        // Gates without bounds square what they are given: many steps are infinite.
        if ((args.gate == MK_CELL_LINEAR || args.gate == MK_CELL_RELU) && args.steps > 3) args.steps = 3;
        args.flags = (uint32_t)below(16384) & ~absent;
        args.inputs = args.flags & MK_HAS_KERNEL ? (int64_t)below(40) : 0;
        if (cell != MK_GRU) args.flags &= ~(uint32_t)MK_HAS_STATE_BIAS;
        if (args.flags & MK_KEEPS) args.flags |= MK_HAS_OUTPUTS;
        check_one(args);
      }
      args.activation = MK_CELL_TANH, args.gate = MK_CELL_SIGMOID, args.reverse = 0;
      args.flags = (MK_KEEPS | MK_HAS_OUTPUTS | MK_HAS_BIAS | MK_HAS_DY | MK_HAS_H) & ~absent;
      args.inputs = 0;
      args.units = 128, args.batch = 64, args.steps = 4, check_one(args);
      args.flags |= MK_HAS_KERNEL | MK_WANTS_INPUT | MK_WANTS_KERNELS, args.inputs = 64, check_one(args);
      args.units = 33, args.batch = 131, args.steps = 7, check_one(args);
      args.units = 300, args.batch = 40, args.steps = 2, check_one(args);
      args.inputs = 0;
      check_neighbours(args);
    }
  return tool_failures;
}
