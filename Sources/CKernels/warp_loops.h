// The loops of warps for one type `T`, whose elements are ELEMENT.
#define W_PASTE_(a, b) a##_##b
#define W_PASTE(a, b) W_PASTE_(a, b)
#define W(name) W_PASTE(name, T)
#define MEMORY W_PASTE(mk, T)

static transform W(transform_of)(const mk_warp_args* args, const mk_context* context, int64_t n) {
  const MEMORY* t = (const MEMORY*)mk_at(context, args->transform) + (args->transforms > 1 ? 8 * n : 0);
  return (transform){(double)t[0], (double)t[1], (double)t[2], (double)t[3],
                     (double)t[4], (double)t[5], (double)t[6], (double)t[7]};
}

static inline void W(read)(const taps* t, const MEMORY* x, MEMORY* y, int64_t channels, ELEMENT value) {
  for (int64_t c = 0; c < channels; c++) {
    ELEMENT sum = 0;
    for (int k = 0; k < t->count; k++) {
      ELEMENT tap = t->at[k] < 0 ? value : x[t->at[k] * channels + c];
      sum = k == 0 && t->count == 1 ? tap : sum + (ELEMENT)t->weight[k] * tap;
    }
    y[c] = sum;
  }
}

static void W(warp)(const mk_warp_args* s, const mk_context* context, int64_t begin, int64_t end) {
  ELEMENT value = *(const MEMORY*)mk_at(context, s->value);
  warp_row read_row = row_for(s->dtype);
  for (int64_t line = begin; line < end; line++) {
    int64_t n = line / s->rows, i = line % s->rows, first = 0, last = 0;
    transform t = W(transform_of)(s, context, n);
    const MEMORY* x = (const MEMORY*)mk_at(context, s->x) + n * s->height * s->width * s->channels;
    MEMORY* y = (MEMORY*)mk_at(context, s->y) + line * s->columns * s->channels;
    stretch(&t, i, s, &first, &last);
    if (first < last) read_row(&t, i, first, last, s, x, y);
    for (int64_t j = 0; j < s->columns; j++) {
      if (j == first && j < last) j = last;
      if (j >= s->columns) break;
      double row, column;
      place(&t, i, j, &row, &column);
      taps around = taps_at(row, column, s);
      W(read)(&around, x, y + j * s->channels, s->channels, value);
    }
  }
}

static void W(warp_gradient)(const mk_warp_args* s, const mk_context* context, int64_t begin, int64_t end) {
  int64_t size = s->height * s->width * s->channels, c = s->channels;
  for (int64_t n = begin; n < end; n++) {
    transform t = W(transform_of)(s, context, n);
    MEMORY* y = (MEMORY*)mk_at(context, s->y) + n * size;
    const MEMORY* x = (const MEMORY*)mk_at(context, s->x) + n * s->rows * s->columns * c;
    if (size == 0) continue;
    memset(y, 0, (size_t)size * sizeof(ELEMENT));
    for (int64_t i = 0; i < s->rows; i++)
      for (int64_t j = 0; j < s->columns; j++, x += c) {
        double row, column;
        place(&t, i, j, &row, &column);
        taps around = taps_at(row, column, s);
        for (int k = 0; k < around.count; k++) {
          if (around.at[k] < 0) continue;
          MEMORY* to = y + around.at[k] * c;
          ELEMENT weight = (ELEMENT)around.weight[k];
          for (int64_t channel = 0; channel < c; channel++) to[channel] += weight * x[channel];
        }
      }
  }
}

#undef W
#undef W_PASTE
#undef W_PASTE_
#undef MEMORY
#undef T
#undef ELEMENT
