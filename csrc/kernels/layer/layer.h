/* Layers of networks: what lies between two matrix products, forward and backward.
 *
 * Arrays are (N, F), contiguous, of T: an example a row. An output may be an input of its
 * shape, or shares no memory with any. What is elementwise is computed in T without FMA;
 * sums over examples, and what all examples have in common, in float64 and rounded once to
 * T, in an order that the number of rows alone decides. So all have the same bits on every
 * target.
 */
#ifndef DP_LAYER_H
#define DP_LAYER_H

#include "kernels/kernels.h"

/* At most so many features are summed at once: the sums are 2 kB each, and lie in L1. */
#define DP_LAYER_COLUMNS 256
/* Rows whose sum is taken by itself before it is added to the others: rounding errors grow
 * with this number and with that of such sums, and not with their product. */
#define DP_LAYER_ROWS 256

/* A block of features of a batch: pointers are to its first one, of `cols` at most
 * DP_LAYER_COLUMNS, rows lie ld values apart. What a kernel has no use for is unread. */
typedef struct {
    ptrdiff_t rows, cols, ld;
    const void *x;
    const void *grad; /* the loss's gradient by the output */
    void *out;
    const void *gamma, *beta;
    double *mean, *inv_std;
    void *dgamma, *dbeta;
    double eps;
    int training;
} dp_norm_block;

typedef struct {
    void (*relu)(const void *x, ptrdiff_t n, void *out);
    void (*relu_backward)(const void *grad, const void *y, ptrdiff_t n, void *out);
    void (*dropout)(const void *x, const uint16_t *bits, int32_t threshold,
                    double scale, ptrdiff_t n, void *out);
    void (*add_scaled)(const void *x, const void *y, double scale, ptrdiff_t n,
                       void *out);
    /* x[r, j] += b[j]; out[j] = the sum of column j, at most DP_LAYER_COLUMNS of them. */
    void (*add_bias)(void *x, const void *b, ptrdiff_t rows, ptrdiff_t cols);
    void (*sum_rows)(const void *x, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld,
                     void *out);
    void (*batch_norm)(const dp_norm_block *k);
    void (*batch_norm_apply)(const dp_norm_block *k);
    void (*batch_norm_backward)(const dp_norm_block *k);
} dp_layer_kernels;

extern const dp_layer_kernels *const dp_layer_table[DP_TARGET_COUNT][DP_COMPUTE_COUNT];

#endif
