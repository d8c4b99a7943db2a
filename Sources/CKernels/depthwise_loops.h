#define REAL float
#define TYPE f32
#include "depthwise_row.h"
#undef REAL
#undef TYPE
#define REAL double
#define TYPE f64
#include "depthwise_row.h"
#undef REAL
#undef TYPE
