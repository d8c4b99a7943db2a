// The walks over windows for one type `T`, whose elements are ELEMENT and in memory MEMORY.
//
// x and dx are [batch, id, ih, iw, channels], y and dy [batch, od, oh, ow, channels]. A row is what
// lies along w and channels; rows are numbered (batch * d + …) * h + ….

#define P_PASTE_(a, b) a##_##b
#define P_PASTE(a, b) P_PASTE_(a, b)
#define P(name) V(P_PASTE(name, T))
#define MEMORY P_PASTE(mk, T)

// y[row] = the largest of each window.
static void P(max_rows)(const mk_pool_shape* s, const void* from, void* to, size_t begin, size_t end) {
  const MEMORY* x = from;
  int64_t c = s->channels;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++) {
    int64_t oh = row % s->out[1], od = row / s->out[1] % s->out[0], n = row / s->out[1] / s->out[0];
    MEMORY* y = (MEMORY*)to + row * s->out[2] * c;
    for (int64_t i = 0; i < s->out[2] * c; i++) y[i] = LOWEST;
    span d = taps_inside(s, 0, od), h = taps_inside(s, 1, oh);
    for (int64_t kd = d.begin; kd < d.end; kd++)
      for (int64_t kh = h.begin; kh < h.end; kh++) {
        const MEMORY* line = x + line_of(s, n, od, oh, kd, kh) * s->in[2] * c;
        for (int64_t kw = 0; kw < s->window[2]; kw++) {
          span o = outputs_inside(s, 2, kw);
          int64_t step = s->stride[2], iw = o.begin * step + kw - s->before[2];
          if (step == 1)
            P(max_run)(y + o.begin * c, line + iw * c, (o.end - o.begin) * c);
          else
            for (int64_t ow = o.begin; ow < o.end; ow++, iw += step)
              P(max_run)(y + ow * c, line + iw * c, c);
        }
      }
  }
}

// The first largest of channels c0 ..< c0 + count in the window at (od, oh, ow) of image n: its
// number among the window's taps, -1 where the window lies outside.
static inline void P(first_largest)(const mk_pool_shape* s, const MEMORY* x, int64_t n, int64_t od,
                                    int64_t oh, int64_t ow, int64_t c0, int64_t count, int32_t* taps) {
  ELEMENT most[POOL_CHANNELS];
  span d = taps_inside(s, 0, od), h = taps_inside(s, 1, oh), w = taps_inside(s, 2, ow);
  int is_first = 1;
  for (int64_t i = 0; i < count; i++) taps[i] = -1;
  for (int64_t kd = d.begin; kd < d.end; kd++)
    for (int64_t kh = h.begin; kh < h.end; kh++)
      for (int64_t kw = w.begin; kw < w.end; kw++) {
        int64_t iw = ow * s->stride[2] + kw - s->before[2];
        const MEMORY* pixel = x + (line_of(s, n, od, oh, kd, kh) * s->in[2] + iw) * s->channels + c0;
        int32_t tap = (int32_t)((kd * s->window[1] + kh) * s->window[2] + kw);
        for (int64_t i = 0; i < count; i++) {
          ELEMENT a = most[i], b = pixel[i];
          int wins = is_first | WINS(b, a);
          most[i] = wins ? b : a;
          taps[i] = wins ? tap : taps[i];
        }
        is_first = 0;
      }
}

// y[row] = dy at the first largest of each window.
static void P(select_rows)(const mk_pool_shape* s, const void* from, const void* dy, void* to,
                           size_t begin, size_t end) {
  int64_t c = s->channels;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++)
    for (int64_t ow = 0; ow < s->out[2]; ow++) {
      int64_t oh = row % s->out[1], od = row / s->out[1] % s->out[0], n = row / s->out[1] / s->out[0];
      MEMORY* y = (MEMORY*)to + (row * s->out[2] + ow) * c;
      for (int64_t c0 = 0; c0 < c; c0 += POOL_CHANNELS) {
        int64_t count = c - c0 < POOL_CHANNELS ? c - c0 : POOL_CHANNELS;
        int32_t taps[POOL_CHANNELS];
        P(first_largest)(s, from, n, od, oh, ow, c0, count, taps);
        for (int64_t i = 0; i < count; i++)
          y[c0 + i] = taps[i] < 0 ? 0 : ((const MEMORY*)dy)[offset_of_tap(s, n, od, oh, ow, taps[i]) + c0 + i];
      }
    }
}

#if IS_FLOATING
// dx += dy of one window, of channels c0 ..< c0 + count, at their first largest.
static inline void P(give_back)(const mk_pool_shape* s, const MEMORY* x, const MEMORY* dy, MEMORY* dx,
                                int64_t n, int64_t od, int64_t oh, int64_t ow, int64_t c0, int64_t count) {
  int32_t taps[POOL_CHANNELS];
  P(first_largest)(s, x, n, od, oh, ow, c0, count, taps);
  const MEMORY* from = dy + (((n * s->out[0] + od) * s->out[1] + oh) * s->out[2] + ow) * s->channels + c0;
  for (int64_t i = 0; i < count; i++)
    if (taps[i] >= 0) dx[offset_of_tap(s, n, od, oh, ow, taps[i]) + c0 + i] += from[i];
}

// dx = 0, then each window's dy where it belongs. A unit is POOL_CHANNELS channels of an image.
static void P(max_gradient_units)(const mk_pool_shape* s, const void* x, const void* dy, void* dx,
                                  size_t begin, size_t end) {
  int64_t c = s->channels, blocks = (c + POOL_CHANNELS - 1) / POOL_CHANNELS;
  int64_t pixels = s->in[0] * s->in[1] * s->in[2];
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end; unit++) {
    int64_t n = unit / blocks, c0 = unit % blocks * POOL_CHANNELS;
    int64_t count = c - c0 < POOL_CHANNELS ? c - c0 : POOL_CHANNELS;
    for (int64_t i = 0; i < pixels; i++)
      memset((MEMORY*)dx + (n * pixels + i) * c + c0, 0, (size_t)count * sizeof(ELEMENT));
    for (int64_t od = 0; od < s->out[0]; od++)
      for (int64_t oh = 0; oh < s->out[1]; oh++)
        for (int64_t ow = 0; ow < s->out[2]; ow++)
          P(give_back)(s, x, dy, dx, n, od, oh, ow, c0, count);
  }
}

// y[row] = the mean of each window.
static void P(average_rows)(const mk_pool_shape* s, int count_outside, const void* from, void* to,
                            size_t begin, size_t end) {
  const MEMORY* x = from;
  int64_t c = s->channels;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++) {
    int64_t oh = row % s->out[1], od = row / s->out[1] % s->out[0], n = row / s->out[1] / s->out[0];
    MEMORY* y = (MEMORY*)to + row * s->out[2] * c;
    memset(y, 0, (size_t)(s->out[2] * c) * sizeof(ELEMENT));
    span d = taps_inside(s, 0, od), h = taps_inside(s, 1, oh);
    for (int64_t kd = d.begin; kd < d.end; kd++)
      for (int64_t kh = h.begin; kh < h.end; kh++) {
        const MEMORY* line = x + line_of(s, n, od, oh, kd, kh) * s->in[2] * c;
        for (int64_t kw = 0; kw < s->window[2]; kw++) {
          span o = outputs_inside(s, 2, kw);
          int64_t step = s->stride[2], iw = o.begin * step + kw - s->before[2];
          if (step == 1)
            P(add_run)(y + o.begin * c, line + iw * c, (o.end - o.begin) * c);
          else
            for (int64_t ow = o.begin; ow < o.end; ow++, iw += step)
              P(add_run)(y + ow * c, line + iw * c, c);
        }
      }
    for (int64_t ow = 0; ow < s->out[2]; ow++) {
      ELEMENT count = (ELEMENT)pixels_counted(s, count_outside, od, oh, ow);
      for (int64_t i = 0; i < c; i++) y[ow * c + i] /= count;
    }
  }
}

// dx[row] = the sum over the windows that hold it of dy / pixels of the window.
static void P(average_gradient_rows)(const mk_pool_shape* s, int count_outside, const void* from,
                                     void* to, size_t begin, size_t end) {
  const MEMORY* dy = from;
  int64_t c = s->channels;
  for (int64_t row = (int64_t)begin; row < (int64_t)end; row++) {
    int64_t ih = row % s->in[1], id = row / s->in[1] % s->in[0], n = row / s->in[1] / s->in[0];
    MEMORY* dx = (MEMORY*)to + row * s->in[2] * c;
    memset(dx, 0, (size_t)(s->in[2] * c) * sizeof(ELEMENT));
    span d = outputs_over(s, 0, id), h = outputs_over(s, 1, ih);
    for (int64_t od = d.begin; od < d.end; od++)
      for (int64_t oh = h.begin; oh < h.end; oh++) {
        const MEMORY* line = dy + ((n * s->out[0] + od) * s->out[1] + oh) * s->out[2] * c;
        for (int64_t kw = 0; kw < s->window[2]; kw++) {
          span o = outputs_inside(s, 2, kw);
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
#undef IS_FLOATING
#undef WINS
