// A stable sort along an axis: keys in the order of unsigned integers, sorted by their bytes.
//
// A key is the element with its bits arranged so that unsigned order is the order wanted: -0 equals
// 0, every NaN is one key above all others, a descending sort complements. Equal keys keep their
// order, whichever way they are sorted.
#include <string.h>

#include "elements.h"
#include "mk_move.h"

typedef struct {
  uint64_t key;
  uint32_t index;
} entry;

size_t mk_sort_scratch(const mk_sort_args* args) { return 2 * args->axis * sizeof(entry); }

static inline uint64_t key_of(const char* x, size_t i, mk_dtype dtype) {
  switch (dtype) {
    case MK_F32: {
      float value = ((const mk_f32*)x)[i];
      if (value != value) return UINT32_MAX;
      value += 0.0f;  // -0 becomes 0
      uint32_t bits;
      memcpy(&bits, &value, 4);
      return bits >> 31 ? ~bits : bits | 0x80000000u;
    }
    case MK_F64: {
      double value = ((const mk_f64*)x)[i];
      if (value != value) return UINT64_MAX;
      value += 0.0;
      uint64_t bits;
      memcpy(&bits, &value, 8);
      return bits >> 63 ? ~bits : bits | 0x8000000000000000u;
    }
    case MK_I32: return (uint32_t)((const mk_i32*)x)[i] ^ 0x80000000u;
    case MK_I64: return (uint64_t)((const mk_i64*)x)[i] ^ 0x8000000000000000u;
    default: return (uint8_t)x[i];
  }
}

static entry* sorted_by_insertion(entry* entries, size_t count) {
  for (size_t i = 1; i < count; i++) {
    entry moved = entries[i];
    size_t j = i;
    for (; j > 0 && entries[j - 1].key > moved.key; j--) entries[j] = entries[j - 1];
    entries[j] = moved;
  }
  return entries;
}

// From the least byte on, each pass stable; bytes that all keys share are skipped.
static entry* sorted_by_bytes(entry* entries, entry* other, size_t count) {
  uint32_t counts[8][256] = {{0}};
  for (size_t i = 0; i < count; i++)
    for (int byte = 0; byte < 8; byte++) counts[byte][entries[i].key >> (8 * byte) & 255]++;
  for (int byte = 0; byte < 8; byte++) {
    uint32_t* places = counts[byte];
    if (places[entries[0].key >> (8 * byte) & 255] == count) continue;
    uint32_t before = 0;
    for (int digit = 0; digit < 256; digit++) {
      uint32_t here = places[digit];
      places[digit] = before;
      before += here;
    }
    for (size_t i = 0; i < count; i++)
      other[places[entries[i].key >> (8 * byte) & 255]++] = entries[i];
    entry* swapped = entries;
    entries = other;
    other = swapped;
  }
  return entries;
}

void mk_sort(const void* pointer, const mk_context* context) {
  enum { FEW = 48 };
  const mk_sort_args* args = pointer;
  const char* x = mk_at(context, args->x);
  char* values = args->has_values ? mk_at(context, args->values) : NULL;
  mk_i32* indices = args->has_indices ? mk_at(context, args->indices) : NULL;
  size_t begin, end, count = args->axis, inner = args->inner, bytes = mk_size(args->dtype);
  uint64_t width = bytes == 8 ? UINT64_MAX : bytes == 4 ? UINT32_MAX : UINT8_MAX;
  uint64_t flip = args->descending ? width : 0;
  if (count == 0) return;
  mk_share(args->outer * inner, context->part, context->parts, &begin, &end);
  for (size_t line = begin; line < end; line++) {
    size_t base = line / inner * count * inner + line % inner;
    entry* entries = context->scratch;
    for (size_t i = 0; i < count; i++)
      entries[i] = (entry){key_of(x, base + i * inner, args->dtype) ^ flip, (uint32_t)i};
    if (count <= FEW) entries = sorted_by_insertion(entries, count);
    else entries = sorted_by_bytes(entries, entries + count, count);
    for (size_t i = 0; i < count; i++) {
      size_t to = base + i * inner, from = base + entries[i].index * inner;
      if (indices) indices[to] = (int32_t)entries[i].index;
      if (!values) continue;
      if (bytes == 4) ((mk_i32*)values)[to] = ((const mk_i32*)x)[from];
      else if (bytes == 8) ((mk_i64*)values)[to] = ((const mk_i64*)x)[from];
      else values[to] = x[from];
    }
  }
}
