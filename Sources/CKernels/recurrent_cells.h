// The equations of the cells for one element type, VECTOR at a time: part of recurrent_loops.h.
//
// A derivative is taken from the function's value, which is what the forward pass keeps.

INLINE VECTOR NAME(activated)(const int kind, VECTOR x) {
  switch (kind) {
    case MK_CELL_TANH: return TANH(x);
    case MK_CELL_SIGMOID: return SIGMOID(x);
    case MK_CELL_RELU: return x < 0 ? (VECTOR)0 : x;
    case MK_CELL_HARD_SIGMOID: {
      VECTOR y = x / 6 + (REAL)0.5;
      y = y < 0 ? (VECTOR)0 : y;
      return y > 1 ? (VECTOR)1 : y;
    }
    default: return x;
  }
}

INLINE VECTOR NAME(slope)(const int kind, VECTOR y) {
  switch (kind) {
    case MK_CELL_TANH: return 1 - y * y;
    case MK_CELL_SIGMOID: return y * (1 - y);
    case MK_CELL_RELU: return y > 0 ? (VECTOR)1 : y != y ? y : (VECTOR)0;
    case MK_CELL_HARD_SIGMOID: {
      const VECTOR inside = (VECTOR)(REAL)(1.0 / 6), outside = y != y ? y : (VECTOR)0;
      const VECTOR most = y < 1 ? inside : outside;
      return y > 0 ? most : outside;
    }
    default: return y - y + 1;
  }
}

// MARK: Forward

INLINE void NAME(finish)(const mk_row* r, int64_t j, int64_t left, VECTOR h) {
  (void)left;
  PUT(r->h, j, h);
  if (r->y) PUT(r->y, j, h);
  PUT(r->input, j, r->gain ? h * GET(r->gain, j) : h);
}

INLINE void NAME(lstm)(const mk_row* r, const int activation, const int gate) {
  const int64_t units = r->units;
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    VECTOR a[4];
#pragma clang loop unroll(full)
    for (int g = 0; g < 4; g++) {
      a[g] = GET(r->product, g * units + j);
      if (r->z) a[g] += GET(r->z, g * units + j);
      if (r->bias) a[g] += GET(r->bias, g * units + j);
      a[g] = NAME(activated)(g == 2 ? activation : gate, a[g]);
      if (r->kept) PUT(r->kept, g * units + j, a[g]);
    }
    const VECTOR c = a[1] * GET(r->c, j) + a[0] * a[2];
    PUT(r->c_next, j, c);
    NAME(finish)(r, j, left, a[3] * NAME(activated)(activation, c));
  }
}

INLINE void NAME(gru)(const mk_row* r, const int activation, const int gate) {
  const int64_t units = r->units;
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    VECTOR x[3], s[3];
#pragma clang loop unroll(full)
    for (int g = 0; g < 3; g++) {
      x[g] = GET(r->z, g * units + j);
      s[g] = GET(r->product, g * units + j);
      if (r->bias) x[g] += GET(r->bias, g * units + j);
      if (r->state_bias) s[g] += GET(r->state_bias, g * units + j);
    }
    const VECTOR update = NAME(activated)(gate, x[0] + s[0]);
    const VECTOR reset = NAME(activated)(gate, x[1] + s[1]);
    const VECTOR candidate = NAME(activated)(activation, x[2] + reset * s[2]);
    if (r->kept) {
      PUT(r->kept, j, update);
      PUT(r->kept, units + j, reset);
      PUT(r->kept, 2 * units + j, candidate);
      PUT(r->kept, 3 * units + j, s[2]);
    }
    NAME(finish)(r, j, left, update * GET(r->h, j) + (1 - update) * candidate);
  }
}

INLINE void NAME(simple)(const mk_row* r, const int activation) {
  const int64_t units = r->units;
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    VECTOR a = GET(r->product, j);
    if (r->z) a += GET(r->z, j);
    if (r->bias) a += GET(r->bias, j);
    NAME(finish)(r, j, left, NAME(activated)(activation, a));
  }
}

// The usual functions as constants, any others as they come.
static void NAME(lstm_row)(const mk_row* r) {
  if (r->activation == MK_CELL_TANH && r->gate == MK_CELL_SIGMOID)
    NAME(lstm)(r, MK_CELL_TANH, MK_CELL_SIGMOID);
  else NAME(lstm)(r, r->activation, r->gate);
}
static void NAME(gru_row)(const mk_row* r) {
  if (r->activation == MK_CELL_TANH && r->gate == MK_CELL_SIGMOID)
    NAME(gru)(r, MK_CELL_TANH, MK_CELL_SIGMOID);
  else NAME(gru)(r, r->activation, r->gate);
}
static void NAME(simple_row)(const mk_row* r) {
  if (r->activation == MK_CELL_TANH) NAME(simple)(r, MK_CELL_TANH);
  else NAME(simple)(r, r->activation);
}

// MARK: Backward

INLINE VECTOR NAME(arrived)(const void* dh, const void* dy, const void* product, const void* gain,
                            int64_t j, int64_t left) {
  (void)left;
  VECTOR d = GET(product, j);
  if (gain) d *= GET(gain, j);
  d += GET(dh, j);
  if (dy) d += GET(dy, j);
  return d;
}

INLINE void NAME(lstm_back)(const mk_row_gradient* r, const int activation, const int gate) {
  const int64_t units = r->units;
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    const VECTOR dh = NAME(arrived)(r->dh, r->dy, r->product, r->gain, j, left);
    const VECTOR i = GET(r->kept, j), f = GET(r->kept, units + j);
    const VECTOR g = GET(r->kept, 2 * units + j), o = GET(r->kept, 3 * units + j);
    const VECTOR before = GET(r->carry, j);
    const VECTOR c = NAME(activated)(activation, f * before + i * g);
    const VECTOR dc = GET(r->dc, j) + dh * o * NAME(slope)(activation, c);
    const VECTOR d[4] = {dc * g * NAME(slope)(gate, i), dc * before * NAME(slope)(gate, f),
                         dc * i * NAME(slope)(activation, g), dh * c * NAME(slope)(gate, o)};
    PUT(r->dc, j, dc * f);
    PUT(r->dh, j, (VECTOR)0);
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) PUT(r->left, k * units + j, d[k]);
  }
}

INLINE void NAME(gru_back)(const mk_row_gradient* r, const int activation, const int gate) {
  const int64_t units = r->units;
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    const VECTOR dh = NAME(arrived)(r->dh, r->dy, r->product, r->gain, j, left);
    const VECTOR update = GET(r->kept, j), reset = GET(r->kept, units + j);
    const VECTOR candidate = GET(r->kept, 2 * units + j), share = GET(r->kept, 3 * units + j);
    const VECTOR before = r->h_before ? GET(r->h_before, j) : (VECTOR)0;
    const VECTOR d2 = dh * (1 - update) * NAME(slope)(activation, candidate);
    const VECTOR d0 = dh * (before - candidate) * NAME(slope)(gate, update);
    const VECTOR d1 = d2 * share * NAME(slope)(gate, reset);
    const VECTOR dx[3] = {d0, d1, d2}, ds[3] = {d0, d1, d2 * reset};
    PUT(r->dh, j, dh * update);
#pragma clang loop unroll(full)
    for (int k = 0; k < 3; k++) {
      PUT(r->at_input, k * units + j, dx[k]);
      PUT(r->left, k * units + j, ds[k]);
    }
  }
}

INLINE void NAME(simple_back)(const mk_row_gradient* r, const int activation) {
  const int64_t units = r->units;
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    const VECTOR dh = NAME(arrived)(r->dh, r->dy, r->product, r->gain, j, left);
    const VECTOR d = dh * NAME(slope)(activation, GET(r->h_after, j));
    PUT(r->dh, j, (VECTOR)0);
    PUT(r->left, j, d);
  }
}

static void NAME(lstm_row_back)(const mk_row_gradient* r) {
  if (r->activation == MK_CELL_TANH && r->gate == MK_CELL_SIGMOID)
    NAME(lstm_back)(r, MK_CELL_TANH, MK_CELL_SIGMOID);
  else NAME(lstm_back)(r, r->activation, r->gate);
}
static void NAME(gru_row_back)(const mk_row_gradient* r) {
  if (r->activation == MK_CELL_TANH && r->gate == MK_CELL_SIGMOID)
    NAME(gru_back)(r, MK_CELL_TANH, MK_CELL_SIGMOID);
  else NAME(gru_back)(r, r->activation, r->gate);
}
static void NAME(simple_row_back)(const mk_row_gradient* r) {
  if (r->activation == MK_CELL_TANH) NAME(simple_back)(r, MK_CELL_TANH);
  else NAME(simple_back)(r, r->activation);
}

static void NAME(arrive)(void* y, const void* dh, const void* dy, const void* product,
                         const void* gain, int64_t units) {
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    PUT(y, j, NAME(arrived)(dh, dy, product, gain, j, left));
  }
}

static void NAME(scale)(void* y, const void* x, const void* gain, int64_t units) {
  for (int64_t j = 0; j < units; j += WIDTH) {
    const int64_t left = units - j;
    (void)left;
    PUT(y, j, GET(x, j) * GET(gain, j));
  }
}

static const mk_row_loops NAME(loops) = {
    {NAME(lstm_row), NAME(gru_row), NAME(simple_row)},
    {NAME(lstm_row_back), NAME(gru_row_back), NAME(simple_row_back)},
    NAME(arrive),
    NAME(scale),
};
