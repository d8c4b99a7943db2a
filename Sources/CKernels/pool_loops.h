// Pooling at one instruction set: the runs along channels, then the walks for each type.
//
// "Larger" means: a later element replaces an earlier one if it is greater, or is NaN while the
// earlier is not. So the first of equals wins, and the first NaN.

#include "vector.h"

// Adjacent pixels are one run. float32 takes whole vectors and a masked tail, since most runs are
// a few vectors long; the other types are left to the compiler.
#define FLOATS_RUN(name, parameters, expression)                                          \
  MK_INLINE void V(name##_f32)(mk_f32* y, const mk_f32* x parameters, int64_t count) {    \
    int64_t i = 0;                                                                        \
    for (; i + MK_LANES <= count; i += MK_LANES) {                                        \
      Floats a = V(load)(y + i), b = V(load)(x + i);                                      \
      V(store)(y + i, expression);                                                        \
    }                                                                                     \
    if (i < count) {                                                                      \
      size_t rest = (size_t)(count - i);                                                  \
      Floats a = V(load_some)(y + i, rest), b = V(load_some)(x + i, rest);                \
      V(store_some)(y + i, expression, rest);                                             \
    }                                                                                     \
  }

// The larger of an earlier a and a later b.
MK_INLINE Floats V(larger)(Floats a, Floats b) {
  return (~(b <= a) & (a == a)) ? b : a;
}

FLOATS_RUN(max_run, , V(larger)(a, b))
FLOATS_RUN(add_run, , a + b)
#define COMMA_FACTOR , float factor
FLOATS_RUN(add_scaled_run, COMMA_FACTOR, a + b * factor)
#undef COMMA_FACTOR
#undef FLOATS_RUN

// most[i] = x[i] where it is larger, seen at `tap`.
MK_INLINE void V(track_run_f32)(float* most, int32_t* taps, const mk_f32* x, int32_t tap, int64_t count) {
  for (int64_t i = 0; i < count; i += MK_LANES) {  // `most` and `taps` are whole vectors
    size_t rest = (size_t)(count - i);
    Floats a = V(load)(most + i), b = rest < MK_LANES ? V(load_some)(x + i, rest) : V(load)(x + i);
    Ints wins = ~(b <= a) & (a == a), seen = (Ints)V(load)(taps + i);
    V(store)(most + i, wins ? b : a);
    V(store)(taps + i, (Floats)(wins ? (Ints)tap : seen));
  }
}

// y[i] (+)= x[i] where the tap is this one.
#define PICKED_RUN(name, expression)                                                            \
  MK_INLINE void V(name)(mk_f32* y, const mk_f32* x, const int32_t* taps, int32_t tap, int64_t count) { \
    for (int64_t i = 0; i < count; i += MK_LANES) {                                             \
      size_t rest = (size_t)(count - i);                                                        \
      int is_whole = rest >= MK_LANES;                                                          \
      Ints is_here = (Ints)V(load)(taps + i) == tap;                                            \
      Floats a = is_whole ? V(load)(y + i) : V(load_some)(y + i, rest);                         \
      Floats b = is_whole ? V(load)(x + i) : V(load_some)(x + i, rest);                         \
      if (is_whole) V(store)(y + i, expression);                                                \
      else V(store_some)(y + i, expression, rest);                                              \
    }                                                                                           \
  }
PICKED_RUN(pick_run_f32, is_here ? b : a)
PICKED_RUN(add_picked_run_f32, a + (is_here ? b : (Floats)0))
#undef PICKED_RUN

#define PLAIN_RUN(name, T, type, parameters, expression)                                          \
  MK_INLINE void V(name##_##T)(type* restrict y, const type* restrict x parameters, int64_t count) { \
    for (int64_t i = 0; i < count; i++) {                                                         \
      type a = y[i], b = x[i];                                                                    \
      y[i] = (type)(expression);                                                                  \
    }                                                                                             \
  }
#define PLAIN_TAPS(T, type, element, wins)                                                          \
  MK_INLINE void V(track_run_##T)(element* restrict most, int32_t* restrict taps, const type* x,    \
                                  int32_t tap, int64_t count) {                                     \
    for (int64_t i = 0; i < count; i++) {                                                           \
      element a = most[i], b = x[i];                                                                \
      int is_larger = wins(b, a);                                                                   \
      most[i] = is_larger ? b : a;                                                                  \
      taps[i] = is_larger ? tap : taps[i];                                                          \
    }                                                                                               \
  }                                                                                                 \
  MK_INLINE void V(pick_run_##T)(type* restrict y, const type* restrict x, const int32_t* taps,     \
                                 int32_t tap, int64_t count) {                                      \
    for (int64_t i = 0; i < count; i++) y[i] = taps[i] == tap ? x[i] : y[i];                        \
  }                                                                                                 \
  MK_INLINE void V(add_picked_run_##T)(type* restrict y, const type* restrict x, const int32_t* taps, \
                                       int32_t tap, int64_t count) {                                \
    for (int64_t i = 0; i < count; i++) y[i] += taps[i] == tap ? x[i] : 0;                          \
  }
#define FLOATING_WINS(b, a) (!((b) <= (a)) & ((a) == (a)))
#define INTEGER_WINS(b, a) ((b) > (a))
#define COMMA_FACTOR , double factor
PLAIN_RUN(max_run, f64, mk_f64, , FLOATING_WINS(b, a) ? b : a)
PLAIN_RUN(add_run, f64, mk_f64, , a + b)
PLAIN_RUN(add_scaled_run, f64, mk_f64, COMMA_FACTOR, a + b * factor)
PLAIN_TAPS(f64, mk_f64, double, FLOATING_WINS)
#undef COMMA_FACTOR

#include "pool_pairs.h"

#define T f32
#define IS_PAIRED 1
#define ELEMENT float
#define LOWEST -INFINITY
#define IS_FLOATING 1
#define WINS FLOATING_WINS
#include "pool_typed.h"
#define T f64
#define IS_PAIRED 0
#define ELEMENT double
#define LOWEST -INFINITY
#define IS_FLOATING 1
#define WINS FLOATING_WINS
#include "pool_typed.h"

#if MK_LEVEL == 0
#define T i32
#define IS_PAIRED 0
#define ELEMENT int32_t
#define LOWEST INT32_MIN
#define IS_FLOATING 0
#define WINS INTEGER_WINS
PLAIN_RUN(max_run, i32, mk_i32, , b > a ? b : a)
PLAIN_TAPS(i32, mk_i32, int32_t, INTEGER_WINS)
#include "pool_typed.h"
#define T i64
#define IS_PAIRED 0
#define ELEMENT int64_t
#define LOWEST INT64_MIN
#define IS_FLOATING 0
#define WINS INTEGER_WINS
PLAIN_RUN(max_run, i64, mk_i64, , b > a ? b : a)
PLAIN_TAPS(i64, mk_i64, int64_t, INTEGER_WINS)
#include "pool_typed.h"
#define T u8
#define IS_PAIRED 0
#define ELEMENT uint8_t
#define LOWEST 0
#define IS_FLOATING 0
#define WINS INTEGER_WINS
PLAIN_RUN(max_run, u8, mk_u8, , b > a ? b : a)
PLAIN_TAPS(u8, mk_u8, uint8_t, INTEGER_WINS)
#include "pool_typed.h"
#endif
#undef PLAIN_RUN
#undef PLAIN_TAPS
#undef FLOATING_WINS
#undef INTEGER_WINS
