// The walks over windows for one type `T`, whose elements are ELEMENT and in memory MEMORY.
//
// x and dx are [batch, id, ih, iw, channels], y and dy [batch, od, oh, ow, channels]. A row is what
// lies along w and channels; rows are numbered (batch * d + …) * h + ….

#define P_PASTE_(a, b) a##_##b
#define P_PASTE(a, b) P_PASTE_(a, b)
#define P(name) V(P_PASTE(name, T))
#define MEMORY P_PASTE(mk, T)

// Windows `reach` of row (n, od, oh) of y: each the largest of its window.
static void P(max_row)(const mk_pool_shape* s, const MEMORY* x, MEMORY* y, int64_t n, int64_t od, int64_t oh, span reach) {
  int64_t c = s->channels, step = s->stride[2];
  for (int64_t i = reach.begin * c; i < reach.end * c; i++) y[i] = LOWEST;
  span d = taps_inside(s, 0, od), h = taps_inside(s, 1, oh);
  for (int64_t kd = d.begin; kd < d.end; kd++)
    for (int64_t kh = h.begin; kh < h.end; kh++) {
      const MEMORY* line = x + line_of(s, n, od, oh, kd, kh) * s->in[2] * c;
      for (int64_t kw = 0; kw < s->window[2]; kw++) {
        span o = both(outputs_inside(s, 2, kw), reach);
        int64_t iw = o.begin * step + kw - s->before[2];
        if (step == 1)
          P(max_run)(y + o.begin * c, line + iw * c, (o.end - o.begin) * c);
        else
          for (int64_t ow = o.begin; ow < o.end; ow++, iw += step)
            P(max_run)(y + ow * c, line + iw * c, c);
      }
    }
}

// Windows `reach` of row (n, od, oh) of y: each the mean of its window.
#if IS_FLOATING
static void P(average_row)(const mk_pool_shape* s, int count_outside, const MEMORY* x, MEMORY* y, int64_t n,
                           int64_t od, int64_t oh, span reach) {
  int64_t c = s->channels, step = s->stride[2];
  for (int64_t i = reach.begin * c; i < reach.end * c; i++) y[i] = 0;
  span d = taps_inside(s, 0, od), h = taps_inside(s, 1, oh);
  for (int64_t kd = d.begin; kd < d.end; kd++)
    for (int64_t kh = h.begin; kh < h.end; kh++) {
      const MEMORY* line = x + line_of(s, n, od, oh, kd, kh) * s->in[2] * c;
      for (int64_t kw = 0; kw < s->window[2]; kw++) {
        span o = both(outputs_inside(s, 2, kw), reach);
        int64_t iw = o.begin * step + kw - s->before[2];
        if (step == 1)
          P(add_run)(y + o.begin * c, line + iw * c, (o.end - o.begin) * c);
        else
          for (int64_t ow = o.begin; ow < o.end; ow++, iw += step)
            P(add_run)(y + ow * c, line + iw * c, c);
      }
    }
  for (int64_t ow = reach.begin; ow < reach.end; ow++) {
    ELEMENT count = (ELEMENT)pixels_counted(s, count_outside, od, oh, ow);
    for (int64_t i = 0; i < c; i++) y[ow * c + i] /= count;
  }
}
#endif

// y[row] for the rows of a part. Whole windows of two by two have a way of their own.
static void P(max_rows)(const mk_pool_shape* s, const void* from, void* to, size_t begin, size_t end) {
#if IS_PAIRED
  V(pairing) pairing = V(pairing_of)(s->channels);
#endif
  const MEMORY* x = from;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++) {
    int64_t oh = row % s->out[1], od = row / s->out[1] % s->out[0], n = row / s->out[1] / s->out[0];
    MEMORY* y = (MEMORY*)to + row * s->out[2] * s->channels;
    span reach = {0, s->out[2]};
#if IS_PAIRED
    reach.begin = whole_pairs(s, oh);
    const MEMORY* x0 = x + line_of(s, n, od, oh, 0, 0) * s->in[2] * s->channels;
    if (reach.begin) V(max_pairs)(&pairing, x0, x0 + s->in[2] * s->channels, y, reach.begin, s->channels);
    if (reach.begin == reach.end) continue;
#endif
    P(max_row)(s, x, y, n, od, oh, reach);
  }
}

#if IS_FLOATING
static void P(average_rows)(const mk_pool_shape* s, int count_outside, const void* from, void* to, size_t begin, size_t end) {
#if IS_PAIRED
  V(pairing) pairing = V(pairing_of)(s->channels);
#endif
  const MEMORY* x = from;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++) {
    int64_t oh = row % s->out[1], od = row / s->out[1] % s->out[0], n = row / s->out[1] / s->out[0];
    MEMORY* y = (MEMORY*)to + row * s->out[2] * s->channels;
    span reach = {0, s->out[2]};
#if IS_PAIRED
    reach.begin = whole_pairs(s, oh);
    const MEMORY* x0 = x + line_of(s, n, od, oh, 0, 0) * s->in[2] * s->channels;
    if (reach.begin) V(average_pairs)(&pairing, x0, x0 + s->in[2] * s->channels, y, reach.begin, s->channels);
    if (reach.begin == reach.end) continue;
#endif
    P(average_row)(s, count_outside, x, y, n, od, oh, reach);
  }
}
#endif

// Runs a statement with the offset of each pixel inside the window at (od, oh, ow), and its tap.
#define FOR_TAPS(...)                                                                          \
  do {                                                                                         \
    span d = taps_inside(s, 0, od), h = taps_inside(s, 1, oh), w = taps_inside(s, 2, ow);      \
    for (int64_t kd = d.begin; kd < d.end; kd++)                                               \
      for (int64_t kh = h.begin; kh < h.end; kh++)                                             \
        for (int64_t kw = w.begin; kw < w.end; kw++) {                                         \
          int64_t iw = ow * s->stride[2] + kw - s->before[2];                                  \
          int64_t pixel = (line_of(s, n, od, oh, kd, kh) * s->in[2] + iw) * s->channels + c0;  \
          int32_t tap = (int32_t)((kd * s->window[1] + kh) * s->window[2] + kw);               \
          __VA_ARGS__;                                                                         \
        }                                                                                      \
  } while (0)

// The first largest of channels c0 ..< c0 + count in the window at (od, oh, ow) of image n: its
// number among the window's taps, -1 where the window lies outside.
static inline void P(first_largest)(const mk_pool_shape* s, const MEMORY* x, int64_t n, int64_t od,
                                    int64_t oh, int64_t ow, int64_t c0, int64_t count, int32_t* taps) {
  ELEMENT most[POOL_CHANNELS];
  int is_first = 1;
  for (int64_t i = 0; i < count; i++) taps[i] = -1;
  FOR_TAPS({
    if (is_first)
      for (int64_t i = 0; i < count; i++) most[i] = x[pixel + i], taps[i] = tap;
    else
      P(track_run)(most, taps, x + pixel, tap, count);
    is_first = 0;
  });
}

// y[row] = dy at the first largest of each window.
static void P(select_rows)(const mk_pool_shape* s, const void* x, const void* from, void* to,
                           size_t begin, size_t end) {
  const MEMORY* dy = from;
  int64_t c = s->channels;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++)
    for (int64_t ow = 0; ow < s->out[2]; ow++) {
      int64_t oh = row % s->out[1], od = row / s->out[1] % s->out[0], n = row / s->out[1] / s->out[0];
      for (int64_t c0 = 0; c0 < c; c0 += POOL_CHANNELS) {
        int64_t count = least(POOL_CHANNELS, c - c0);
        MEMORY* y = (MEMORY*)to + (row * s->out[2] + ow) * c + c0;
        int32_t taps[POOL_CHANNELS];
        P(first_largest)(s, x, n, od, oh, ow, c0, count, taps);
        for (int64_t i = 0; i < count; i++) y[i] = 0;
        FOR_TAPS(P(pick_run)(y, dy + pixel, taps, tap, count));
      }
    }
}

#if IS_FLOATING
// dx += dy of one window, of channels c0 ..< c0 + count, at their first largest.
static void P(give_back)(const mk_pool_shape* s, const MEMORY* x, const MEMORY* dy, MEMORY* dx, int64_t n,
                         int64_t od, int64_t oh, int64_t ow, int64_t c0, int64_t count) {
  int32_t taps[POOL_CHANNELS];
  P(first_largest)(s, x, n, od, oh, ow, c0, count, taps);
  const MEMORY* from = dy + (((n * s->out[0] + od) * s->out[1] + oh) * s->out[2] + ow) * s->channels + c0;
  FOR_TAPS(P(add_picked_run)(dx + pixel, from, taps, tap, count));
}

// dx through the gradient of relu, where it gave x.
static void P(clip)(const MEMORY* x, MEMORY* dx, int64_t count) {
  for (int64_t i = 0; i < count; i++) dx[i] = x[i] > 0 ? dx[i] : x[i] != x[i] ? x[i] : 0;
}

#if IS_PAIRED
// Two by two: units are pairs of rows of dx, each element of which is written once. What no whole
// window covers, at the lower and right edges, is cleared, and given what its partial windows give.
static void P(max_gradient_pairs)(const mk_pool_shape* s, int clips, const MEMORY* x, const MEMORY* dy, MEMORY* dx,
                                  size_t begin, size_t end) {
  V(pairing) pairing = V(pairing_of)(s->channels);
  int64_t c = s->channels, width = s->in[2] * c, pairs = (s->in[1] + 1) / 2;
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end; unit++) {
    int64_t oh = unit % pairs, image = unit / pairs, count = oh < s->out[1] ? whole_pairs(s, oh) : 0;
    int64_t line = image * s->in[1] + 2 * oh, lines = least(2, s->in[1] - 2 * oh);
    const MEMORY* from = dy + (image * s->out[1] + oh) * s->out[2] * c;
    if (count)
      (clips ? V(clipped_gradient_pairs) : V(plain_gradient_pairs))(
          &pairing, x + line * width, x + (line + 1) * width, from, dx + line * width,
          dx + (line + 1) * width, count, c);
    for (int64_t i = 0; i < lines && 2 * count < s->in[2]; i++)
      memset(dx + (line + i) * width + 2 * count * c, 0, (size_t)(width - 2 * count * c) * sizeof(ELEMENT));
    for (int64_t ow = count; oh < s->out[1] && ow < s->out[2]; ow++)
      for (int64_t c0 = 0; c0 < c; c0 += POOL_CHANNELS)
        P(give_back)(s, x, dy, dx, image / s->in[0], image % s->in[0], oh, ow, c0, least(POOL_CHANNELS, c - c0));
    for (int64_t i = 0; i < lines && clips; i++) {
      int64_t at = (line + i) * width + 2 * count * c;
      P(clip)(x + at, dx + at, width - 2 * count * c);
    }
  }
}
#endif

// dx = 0, then each window's dy where it belongs. A unit is POOL_CHANNELS channels of an image.
static void P(max_gradient_units)(const mk_pool_shape* s, int clips, const void* x, const void* dy,
                                  void* dx, size_t begin, size_t end) {
#if IS_PAIRED
  if (is_paired(s)) {
    P(max_gradient_pairs)(s, clips, x, dy, dx, begin, end);
    return;
  }
#endif
  int64_t c = s->channels, blocks = (c + POOL_CHANNELS - 1) / POOL_CHANNELS;
  int64_t pixels = s->in[0] * s->in[1] * s->in[2];
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end; unit++) {
    int64_t n = unit / blocks, c0 = unit % blocks * POOL_CHANNELS;
    int64_t count = least(POOL_CHANNELS, c - c0);
    for (int64_t i = 0; i < pixels; i++)
      memset((MEMORY*)dx + (n * pixels + i) * c + c0, 0, (size_t)count * sizeof(ELEMENT));
    for (int64_t od = 0; od < s->out[0]; od++)
      for (int64_t oh = 0; oh < s->out[1]; oh++)
        for (int64_t ow = 0; ow < s->out[2]; ow++)
          P(give_back)(s, x, dy, dx, n, od, oh, ow, c0, count);
    for (int64_t i = n * pixels; clips && i < (n + 1) * pixels; i++)
      P(clip)((const MEMORY*)x + i * c + c0, (MEMORY*)dx + i * c + c0, count);
  }
}

// dx[row] = the sum over the windows that hold it of dy / pixels of the window.
static void P(average_gradient_rows)(const mk_pool_shape* s, int count_outside, const void* from,
                                     void* to, size_t begin, size_t end) {
#if IS_PAIRED
  V(pairing) pairing = V(pairing_of)(s->channels);
#endif
  const MEMORY* dy = from;
  int64_t c = s->channels;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++) {
    int64_t ih = row % s->in[1], id = row / s->in[1] % s->in[0], n = row / s->in[1] / s->in[0];
    MEMORY* dx = (MEMORY*)to + row * s->in[2] * c;
    span d = outputs_over(s, 0, id), h = outputs_over(s, 1, ih);
    int64_t done = 0;
#if IS_PAIRED
    if (h.begin < h.end) done = whole_pairs(s, h.begin);
    const MEMORY* over = dy + (n * s->out[0] + id) * s->out[1] * s->out[2] * c + h.begin * s->out[2] * c;
    if (done) V(spread_pairs)(&pairing, over, dx, done, c);
    if (done * 2 == s->in[2]) continue;
#endif
    memset(dx + 2 * done * c, 0, (size_t)((s->in[2] - 2 * done) * c) * sizeof(ELEMENT));
    for (int64_t od = d.begin; od < d.end; od++)
      for (int64_t oh = h.begin; oh < h.end; oh++) {
        const MEMORY* line = dy + ((n * s->out[0] + od) * s->out[1] + oh) * s->out[2] * c;
        for (int64_t kw = 0; kw < s->window[2]; kw++) {
          span o = both(outputs_inside(s, 2, kw), (span){done, s->out[2]});
          for (int64_t ow = o.begin; ow < o.end;) {
            // Windows with as many pixels as this one, side by side, are one run.
            int64_t count = pixels_counted(s, count_outside, od, oh, ow), stop = ow + 1;
            if (s->stride[2] == 1)
              while (stop < o.end && pixels_counted(s, count_outside, od, oh, stop) == count) stop++;
            int64_t iw = ow * s->stride[2] + kw - s->before[2];
            P(add_scaled_run)(dx + iw * c, line + ow * c, 1 / (ELEMENT)count, (stop - ow) * c);
            ow = stop;
          }
        }
      }
  }
}
#endif

static const pool_loops P(pool) = {
    .max_rows = P(max_rows),
    .select_rows = P(select_rows),
#if IS_FLOATING
    .max_gradient_units = P(max_gradient_units),
    .average_rows = P(average_rows),
    .average_gradient_rows = P(average_gradient_rows),
#endif
};
#undef P
#undef P_PASTE
#undef P_PASTE_
#undef MEMORY
#undef T
#undef ELEMENT
#undef LOWEST
#undef FOR_TAPS
#undef IS_FLOATING
#undef IS_PAIRED
#undef WINS
