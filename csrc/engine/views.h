/* Strided views of a caller's memory, and the numbers in it; no Python. */
#ifndef DP_VIEWS_H
#define DP_VIEWS_H

#include "kernels/kernels.h"

/* A matrix: value (i, j) is at data + i * row_stride + j * col_stride (bytes). */
typedef struct {
    char *data;
    ptrdiff_t rows, cols;
    ptrdiff_t row_stride, col_stride;
    dp_storage storage;
} dp_matrix;

typedef enum {
    DP_INT8,
    DP_INT16,
    DP_INT32,
    DP_INT64,
    DP_UINT8,
    DP_UINT16,
    DP_UINT32,
    DP_UINT64
} dp_int_type;

/* A vector of integers of any width, stride and alignment; data NULL: none. */
typedef struct {
    const char *data;
    ptrdiff_t n;
    ptrdiff_t stride;
    dp_int_type type;
} dp_ints;

/* Value i, as int64; a uint64 above INT64_MAX reads as INT64_MAX, which no label or
 * position is. */
int64_t
dp_ints_get(const dp_ints *v, ptrdiff_t i);

/* Position i of an index into N examples, counted from the end when negative, as NumPy
 * does; -1 when it is out of range. */
static inline ptrdiff_t
dp_position(const dp_ints *index, ptrdiff_t i, ptrdiff_t N)
{
    const int64_t at = dp_ints_get(index, i);
    if (at < -(int64_t)N || at >= (int64_t)N) {
        return -1;
    }
    return (ptrdiff_t)(at < 0 ? at + (int64_t)N : at);
}

/* The size in bytes of a storage dtype, and of a compute dtype. */
size_t
dp_storage_size(dp_storage storage);

static inline size_t
dp_compute_size(dp_compute compute)
{
    return dp_storage_size((dp_storage)compute);
}

static inline ptrdiff_t
dp_round_up(ptrdiff_t n, ptrdiff_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

#endif
