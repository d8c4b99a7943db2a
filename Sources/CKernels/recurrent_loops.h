// The cells' loops of one instruction set: vectors of float32, and float64 one by one.
#include "vector.h"
#include "vector_math.h"

#define INLINE MK_INLINE
#define NAME(name) MK_PASTE(V(name), TYPE)

MK_INLINE Floats V(load_few)(const void* p, int64_t count) {
  return count >= MK_LANES ? V(load)(p) : V(load_some)(p, (size_t)count);
}
MK_INLINE void V(store_few)(void* p, Floats x, int64_t count) {
  if (count >= MK_LANES) V(store)(p, x);
  else V(store_some)(p, x, (size_t)count);
}

#define REAL float
#define TYPE f32
#define VECTOR Floats
#define WIDTH MK_LANES
#define GET(p, j) V(load_few)((const float*)(p) + (j), left)
#define PUT(p, j, x) V(store_few)((float*)(p) + (j), x, left)
#define TANH(x) V(tanh)(x)
#define SIGMOID(x) V(sigmoid)(x)
#include "recurrent_cells.h"
#undef REAL
#undef TYPE
#undef VECTOR
#undef WIDTH
#undef GET
#undef PUT
#undef TANH
#undef SIGMOID

#define REAL double
#define TYPE f64
#define VECTOR double
#define WIDTH 1
#define GET(p, j) ((const mk_f64*)(p))[j]
#define PUT(p, j, x) (((mk_f64*)(p))[j] = (x))
#define TANH(x) tanh(x)
#define SIGMOID(x) mk_sigmoid(x)
#include "recurrent_cells.h"
#undef REAL
#undef TYPE
#undef VECTOR
#undef WIDTH
#undef GET
#undef PUT
#undef TANH
#undef SIGMOID

#undef INLINE
#undef NAME
