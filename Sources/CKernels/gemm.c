// Matrix products: how C is shared out, blocked for the caches, and packed.
//
//     A [m, k]   B [k, n]   C [m, n]   a product; `batch` of them in a call
//     kc   terms summed in registers before C is touched: the only cut that shows in the bits
//     mc   rows of A packed at a time (they stay in L2), nc columns of B (in the last cache)
#include "mk_gemm.h"

#include <string.h>

#include "gemm_kernels.h"
#include "program.h"

// Terms in one block. Beside large caches so few that a panel of B and the packed rows of A stay in
// the second, which feeds the tiles fast enough; as many as that, since reading and writing C in
// between does show. Beside small ones so few that a panel (two vectors wide) stays in the first.
static uint32_t terms_per_block(const mk_gemm_kernels* kernels, int64_t k, mk_dtype dtype) {
  const int64_t most = kernels->small_caches ? 400 : dtype == MK_F64 ? 512 : 1024;
  return k <= 0 ? 1 : (uint32_t)mk_ceil_div(k, mk_ceil_div(k, most));
}

// How a thread's share of C's columns is cut: into panels of `widest` vectors or one less, which
// tiles of `rows` rows walk down.
typedef struct {
  int64_t lanes, first, vectors;  // the share, in vectors
  int64_t count, widest, rows;
} panels;

// Tiles of three vectors have few rows, which are read where they lie, and few elements to read for
// each multiply-add; tiles of two, with more rows, fit few columns better.
static panels panels_of(const mk_gemm_kernels* kernels, int64_t first, int64_t vectors) {
  panels cut = {.lanes = kernels->lanes, .first = first, .vectors = vectors};
  cut.widest = kernels->widest == 3 && vectors >= 6 ? 3 : 2;
  cut.count = mk_ceil_div(vectors, cut.widest);
  cut.rows = kernels->most_rows[cut.widest];
  return cut;
}

// The first column of a panel.
static inline int64_t panel_begin(const panels* cut, int64_t index) {
  return (cut->first + mk_piece(cut->vectors, cut->count, index)) * cut->lanes;
}

// Below so many multiply-adds, waking another thread costs more than it gives.
static const double least_work_per_part = 1.2e5;

mk_blocking mk_gemm_blocking(int64_t m, int64_t n, int64_t k, mk_dtype dtype, uint32_t threads) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), dtype);
  mk_blocking blocking = {
      .kc = terms_per_block(kernels, k, dtype), .row_parts = 1, .column_parts = 1};
  const int64_t lanes = kernels->lanes, columns = n == 1 ? m : n;  // a column is worked out as a row
  const panels cut = panels_of(kernels, 0, mk_ceil_div(columns > 0 ? columns : 1, lanes));
  const int64_t panel = cut.widest * lanes;
  // Twelve tiles, fewer of many terms: A takes a third of a mebibyte.
  const int64_t tiles = 12 * 512 * 4 / (int64_t)(blocking.kc * mk_size(dtype));
  blocking.mc = (uint32_t)(cut.rows * (tiles < 12 ? tiles : 12));
  int64_t nc = (int64_t)(2 << 20) / (int64_t)(blocking.kc * mk_size(dtype));
  nc -= nc % panel;
  if (nc < panel) nc = panel;
  if (n == 1) nc = panel;
  if (nc > cut.count * panel) nc = cut.count * panel;
  blocking.nc = (uint32_t)nc;

  double work = (double)m * (double)n * (double)k;
  int64_t parts = threads < 1 ? 1 : threads;
  if (work < least_work_per_part * (double)parts) parts = (int64_t)(work / least_work_per_part);
  if (parts < 1) parts = 1;
  // Rows are shared before columns: what an epilogue reads and writes is then one stretch for each
  // thread, while pieces of rows that threads take in turns are fetched ahead of one by the other.
  // A cut that leaves the largest part smaller by a thirtieth wins all the same.
  int64_t best_rows = 1, best_columns = 1;
  double best = 1e300;
  for (int64_t row_parts = parts; row_parts >= 1; row_parts--) {
    int64_t column_parts = parts / row_parts;
    int64_t high = mk_ceil_div(m > 0 ? m : 1, row_parts);
    int64_t wide = mk_ceil_div(cut.vectors, column_parts) * lanes;
    if (n == 1) wide = 1;
    // What is computed, and what is packed: every column part packs A, every row part B. Measured:
    // an element packed takes the time of 6 (A) and 12 (B, transposed) multiply-adds.
    double cost = (double)high * (double)wide + 6.0 * (double)high + 12.0 * (double)wide;
    if (cost < best * 0.97) best = cost, best_rows = row_parts, best_columns = column_parts;
  }
  blocking.row_parts = (uint32_t)best_rows;
  blocking.column_parts = (uint32_t)best_columns;
  return blocking;
}

// One product of the call, with C's columns along the lanes.
typedef struct {
  const mk_gemm_kernels* kernels;
  const mk_gemm_args* args;
  const mk_context* context;
  const char *a, *b;
  char* c;
  int64_t m, n, k, a_row, a_column, b_row, b_column, c_row;
  int64_t first;  // C's first element in the iteration space of the epilogue
  size_t size;    // of an element
  panels cut;
  char *a_panels, *b_panels;
  char* handed;   // some rows of C for the epilogue alone; or null
  mk_binding* epilogue;  // or null
} product;

static size_t a_panel_bytes(const mk_gemm_args* args) {
  return (args->blocking.mc * (size_t)args->blocking.kc * mk_size(args->dtype) +
          2 * MK_PACK_SLACK) &
         ~(size_t)63;
}
static size_t b_panel_bytes(const mk_gemm_args* args) {
  return (args->blocking.nc * (size_t)args->blocking.kc * mk_size(args->dtype) +
          2 * MK_PACK_SLACK) &
         ~(size_t)63;
}

static size_t epilogue_bytes(const mk_gemm_args* args) {
  return args->epilogue ? (mk_program_scratch(args->epilogue) + 63) & ~(size_t)63 : 0;
}

size_t mk_gemm_scratch(const mk_gemm_args* args) {
  return a_panel_bytes(args) + b_panel_bytes(args) + epilogue_bytes(args) + args->handed_bytes;
}

// Rows enough that B is not read too often, and few enough that they stay in L2 beside it.
size_t mk_gemm_handed_bytes(const mk_gemm_args* args) {
  const size_t wanted = 256 << 10, most = 512 << 10;
  if (!args->epilogue || args->accumulate || args->batch_rank > 0 || args->n == 1) return 0;
  if (args->m <= MK_STREAM_ROWS || args->k > args->blocking.kc) return 0;
  const size_t row = args->blocking.nc * mk_size(args->dtype);
  if (MK_TILE_ROWS * row > most) return 0;
  return MK_TILE_ROWS * row > wanted ? MK_TILE_ROWS * row : wanted;
}

// Whether A is better copied into panels: always where neither stride is 1, and where a tile's rows
// are more than half of the places of a set of L1 and a multiple of a page apart, which puts them
// into one set, if there is enough reuse: a tile of few rows is read many times before it pays.
static int packs_a(const product* p, int64_t columns) {
  if (p->a_column == 1 || p->m == 1) {
    const size_t apart = (size_t)(p->a_row < 0 ? -p->a_row : p->a_row) * p->size;
    const int64_t reads = columns / p->kernels->lanes, least = p->cut.rows > 8 ? 4 : 48;
    return p->cut.rows > (p->kernels->small_caches ? 4 : 8) && p->m > 1 && reads > least &&
           (apart % 1024 == 0 || p->k > 2048);
  }
  if (p->a_row == 1) return columns > 8 * p->kernels->lanes && p->k > 256;
  return 1;
}

static int packs_b(const product* p, int64_t rows) {
  if (p->b_column != 1) return 1;
  size_t bytes = (size_t)(p->k * p->n) * p->size;
  return rows > 2 * p->cut.rows && bytes > (32 << 10);
}

// The epilogue on C[row ..< row + rows, column ..< column + columns].
static void finish(const product* p, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  if (!p->epilogue || rows == 0 || columns == 0) return;
  // Whole rows are one stretch.
  const int64_t stretches = columns == p->n ? 1 : rows, length = rows * columns / stretches;
  for (int64_t i = 0; i < stretches; i++) {
    const int64_t start = p->first + (row + i) * p->n + column;
    if (p->handed)
      mk_bound_hand(p->epilogue, p->handed + (i * columns - start) * (int64_t)p->size);
    mk_bound_run(p->epilogue, (size_t)start, (size_t)length);
  }
}

// One row of C whose sums are in registers side by side, as many as hide the time that each takes.
static int is_wide_row(const product* p) {
  return p->kernels->widest_row > p->kernels->widest && p->a_column == 1 && p->b_column == 1;
}

// Few rows of C and a large B in rows: B is streamed, A packed.
static int streams(const product* p, int64_t rows) {
  const size_t least = rows > 1 || is_wide_row(p) ? 1 << 20 : 16 << 10;
  return !p->handed && rows <= MK_STREAM_ROWS && p->b_column == 1 && p->n > 4 * p->kernels->lanes &&
         (size_t)(p->k * p->n) * p->size > least;
}

static void stream(const product* p, int64_t row, int64_t row_end, int64_t column,
                   int64_t column_end) {
  const int64_t rows = row_end - row, kc = p->args->blocking.kc, size = (int64_t)p->size;
  const int64_t most = MK_STREAM_BYTES / size;
  for (int64_t k0 = 0; k0 < p->k; k0 += kc) {
    const mk_span span = {0, 0, p->k - k0 < kc ? p->k - k0 : kc};
    p->kernels->pack(p->a_panels, p->a + (row * p->a_row + k0 * p->a_column) * size, span.count,
                     rows, rows, p->a_column, p->a_row);
    for (int64_t j = column; j < column_end; j += most) {
      mk_tile tile = {.spans = &span,
                      .span_count = 1,
                      .a = p->a_panels,
                      .b = p->b + (k0 * p->b_row + j) * size,
                      .b_step = p->b_row,
                      .c = p->c + (row * p->c_row + j) * size,
                      .c_row = p->c_row,
                      .columns = column_end - j < most ? column_end - j : most,
                      .add = k0 > 0 || p->args->accumulate};
      p->kernels->stream[rows](&tile);
    }
  }
  finish(p, row, rows, column, column_end - column);
}

// Long rows of B are read for several panels at once: memory is fetched ahead within a row, not from
// row to row, and rows a page apart or more would have their pages opened again for each panel.
static int64_t panels_at_once(const product* p) {
  const int64_t bytes = p->b_column == 1 ? p->b_row * (int64_t)p->size : 0;
  return bytes >= 4096 ? 8 : bytes >= 1024 ? 4 : 1;
}

// Packs B[k0 ..< k0 + terms, panels first ..< last], from `y` on, a panel behind the other.
static void pack_b(const product* p, char* y, int64_t k0, int64_t terms, int64_t first,
                   int64_t last) {
  const int64_t lanes = p->cut.lanes, size = (int64_t)p->size;
  const int64_t step = last - first > 1 ? 8 : terms, begin = panel_begin(&p->cut, first);
  for (int64_t k = 0; k < terms; k += step)
    for (int64_t i = first; i < last; i++) {
      const int64_t at = panel_begin(&p->cut, i), end = panel_begin(&p->cut, i + 1);
      const int64_t wide = (end < p->n ? end : p->n) - at, width = mk_ceil_div(wide, lanes) * lanes;
      p->kernels->pack(y + ((at - begin) * terms + k * width) * size,
                       p->b + ((k0 + k) * p->b_row + at * p->b_column) * size,
                       terms - k < step ? terms - k : step, wide, width, p->b_row, p->b_column);
    }
}

// C[row ..< row_end, the share of columns] of one product.
static void multiply(const product* p, int64_t row, int64_t row_end) {
  const mk_gemm_kernels* kernels = p->kernels;
  const int64_t rows = row_end - row, lanes = p->cut.lanes;
  if (rows <= 0 || p->cut.vectors <= 0) return;
  panels own = p->cut;
  if (rows == 1 && is_wide_row(p)) {
    own.widest = kernels->widest_row, own.rows = 1;
    own.count = mk_ceil_div(own.vectors, own.widest);
  }
  const panels* cut = &own;
  const int64_t column = panel_begin(cut, 0), past = panel_begin(cut, cut->count);
  const int64_t column_end = past < p->n ? past : p->n;
  if (streams(p, rows)) {
    stream(p, row, row_end, column, column_end);
    return;
  }
  const int64_t kc = p->args->blocking.kc, mc = p->args->blocking.mc, nc = p->args->blocking.nc;
  const int64_t blocks = p->k > 0 ? mk_ceil_div(p->k, kc) : 1;
  const int a_packed = packs_a(p, column_end - column), b_packed = packs_b(p, rows);
  const int64_t tiles = mk_ceil_div(rows, cut->rows);
  // What is read in place stays in the last cache from panel to panel.
  const int64_t in_place = (4 << 20) / (kc * (int64_t)p->size);
  const int64_t tiles_at_once = (a_packed ? mc : in_place) / cut->rows;
  const int64_t group = panels_at_once(p), panels_per_block = nc / (p->cut.widest * lanes);
  const int is_far = !p->handed && (size_t)(p->m * p->n) * p->size > (1 << 20);

  for (int64_t panel0 = 0; panel0 < cut->count; panel0 += panels_per_block) {
    const int64_t left = cut->count - panel0;
    const int64_t panel_end = panel0 + (left < panels_per_block ? left : panels_per_block);
    const int64_t jc = panel_begin(cut, panel0), jc_past = panel_begin(cut, panel_end);
    const int64_t jc_end = jc_past < p->n ? jc_past : p->n;
    const int64_t handed_tiles =
        (int64_t)(p->args->handed_bytes / p->size) / ((jc_end - jc) * cut->rows);
    const int64_t at_once =
        p->handed && handed_tiles < tiles_at_once ? handed_tiles : tiles_at_once;
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t k0 = block * kc, terms = p->k - k0 < kc ? p->k - k0 : kc;
      for (int64_t tile0 = 0; tile0 < tiles; tile0 += at_once) {
        const int64_t tile_end = tile0 + at_once < tiles ? tile0 + at_once : tiles;
        const int64_t i0 = mk_piece(rows, tiles, tile0), i_end = mk_piece(rows, tiles, tile_end);
        if (a_packed)
          for (int64_t t = tile0; t < tile_end; t++) {
            int64_t i = mk_piece(rows, tiles, t), high = mk_piece(rows, tiles, t + 1) - i;
            kernels->pack(p->a_panels + (i - i0) * terms * (int64_t)p->size,
                          p->a + ((row + i) * p->a_row + k0 * p->a_column) * (int64_t)p->size,
                          terms, high, high, p->a_column, p->a_row);
          }
        for (int64_t panel = panel0; panel < panel_end; panel++) {
          const int64_t j = panel_begin(cut, panel), next = panel_begin(cut, panel + 1);
          const int64_t wide = (next < p->n ? next : p->n) - j;
          const int vectors = (int)mk_ceil_div(wide, lanes);
          const char* b = p->b + (k0 * p->b_row + j * p->b_column) * (int64_t)p->size;
          mk_span span = {0, 0, terms};
          mk_tile tile = {.spans = &span,
                          .span_count = 1,
                          .b = b,
                          .b_step = p->b_row,
                          .c_row = p->handed ? jc_end - jc : p->c_row,
                          .columns = wide,
                          .fetch = is_far,
                          .add = block > 0 || p->args->accumulate};
          if (b_packed || (!kernels->masked && wide % lanes != 0)) {
            char* y = p->b_panels + (j - jc) * terms * (int64_t)p->size;
            if (!b_packed) kernels->pack(y, b, terms, wide, vectors * lanes, p->b_row, p->b_column);
            else if (tile0 == 0 && (panel - panel0) % group == 0)
              pack_b(p, y, k0, terms, panel, panel + group < panel_end ? panel + group : panel_end);
            tile.b = y;
            tile.b_step = vectors * lanes;
          }
          for (int64_t t = tile0; t < tile_end; t++) {
            int64_t i = mk_piece(rows, tiles, t), high = mk_piece(rows, tiles, t + 1) - i;
            tile.c = p->handed ? p->handed + ((i - i0) * tile.c_row + j - jc) * (int64_t)p->size
                               : p->c + ((row + i) * p->c_row + j) * (int64_t)p->size;
            if (a_packed) {
              tile.a = p->a_panels + (i - i0) * terms * (int64_t)p->size;
              tile.a_step = high;
              kernels->column_form[vectors][high](&tile);
            } else {
              tile.a = p->a + ((row + i) * p->a_row + k0 * p->a_column) * (int64_t)p->size;
              if (p->a_column == 1) {
                tile.a_step = p->a_row;
                kernels->row_form[vectors][high](&tile);
              } else {
                tile.a_step = p->a_column;
                kernels->column_form[vectors][high](&tile);
              }
            }
          }
        }
        if (block == blocks - 1) finish(p, row + i0, i_end - i0, jc, jc_end - jc);
      }
    }
  }
}

void mk_gemm(const void* args_, const mk_context* context) {
  const mk_gemm_args* args = args_;
  product p = {.kernels = mk_gemm_kernels_of(mk_isa(), args->dtype),
               .args = args,
               .context = context,
               .m = args->m,
               .n = args->n,
               .k = args->k,
               .a_row = args->a_row,
               .a_column = args->a_column,
               .b_row = args->b_row,
               .b_column = args->b_column,
               .c_row = args->c_row,
               .size = mk_size(args->dtype)};
  p.a_panels = context->scratch;
  p.b_panels = p.a_panels + a_panel_bytes(args);

  int64_t products = 1;
  for (uint32_t i = 0; i < args->batch_rank; i++) products *= args->batch[i];
  if (products <= 0 || p.m <= 0 || p.n <= 0) return;

  uint32_t row_parts = args->blocking.row_parts, column_parts = args->blocking.column_parts;
  if (row_parts * column_parts != context->parts) row_parts = context->parts, column_parts = 1;
  int64_t units_m = p.m;
  const int swapped = p.n == 1 && p.c_row == 1;
  if (swapped) {
    // A column is worked out as a row, Cᵀ = Bᵀ Aᵀ, so that the lanes lie along it.
    if (context->part % column_parts) return;
    p.n = p.m, p.m = 1;
    int64_t row = p.a_row, k = p.a_column;
    p.a_row = p.b_column, p.a_column = p.b_row, p.b_row = k, p.b_column = row;
    p.c_row = p.n;
  }
  size_t begin, end, column_begin, column_end;
  mk_share((size_t)(products * units_m), context->part / column_parts, row_parts, &begin, &end);
  mk_share((size_t)mk_ceil_div(p.n, p.kernels->lanes), context->part % column_parts, column_parts,
           &column_begin, &column_end);
  p.cut = panels_of(p.kernels, (int64_t)column_begin, (int64_t)(column_end - column_begin));

  char* rest = p.b_panels + b_panel_bytes(args);
  if (args->epilogue) p.epilogue = mk_bind(args->epilogue, context->bases, rest);
  if (args->handed_bytes) p.handed = rest + epilogue_bytes(args);
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end;) {
    const int64_t index = unit / units_m, row = unit % units_m;
    const int64_t row_end =
        (int64_t)end - unit < units_m - row ? row + (int64_t)end - unit : units_m;
    int64_t a = 0, b = 0, rest = index;
    for (uint32_t i = args->batch_rank; i-- > 0;) {
      int64_t at = rest % args->batch[i];
      rest /= args->batch[i];
      a += at * args->a_batch[i], b += at * args->b_batch[i];
    }
    p.a = (const char*)mk_at(context, args->a) + a * (int64_t)p.size;
    p.b = (const char*)mk_at(context, args->b) + b * (int64_t)p.size;
    p.c = (char*)mk_at(context, args->c) + index * args->c_batch * (int64_t)p.size;
    p.first = index * args->m * args->n;
    if (swapped) {
      product row_of = p;
      row_of.a = p.b, row_of.b = p.a + row * p.b_column * (int64_t)p.size;
      row_of.c += row * (int64_t)p.size, row_of.first += row;
      row_of.n = row_end - row;
      row_of.cut = panels_of(p.kernels, 0, mk_ceil_div(row_of.n, p.kernels->lanes));
      multiply(&row_of, 0, 1);
    } else {
      multiply(&p, row, row_end);
    }
    unit += row_end - row;
  }
}
