/* What kernels are: the lists of targets, dtypes, losses and steps, and the tables of
 * functions that each family exports, one per target and compute dtype.
 *
 * Kernels know no Python, allocate nothing, start no threads and cannot fail. Arrays of
 * the compute dtype T come as void pointers, so that what calls them (engine/) is
 * written once for all dtypes.
 */
#ifndef DP_KERNELS_H
#define DP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "simd/targets.h"

typedef enum {
#define TARGET(id, name) DP_TARGET_##id,
#include "kernels/targets.def"
#undef TARGET
    DP_TARGET_COUNT
} dp_target;

typedef enum {
#define COMPUTE(id, type, name) DP_##id,
#define STORAGE(id, type, name)
#include "kernels/dtypes.def"
#undef COMPUTE
#undef STORAGE
    DP_COMPUTE_COUNT
} dp_compute;

typedef enum {
#define COMPUTE(id, type, name) DP_STORE_##id,
#define STORAGE(id, type, name) DP_STORE_##id,
#include "kernels/dtypes.def"
#undef COMPUTE
#undef STORAGE
    DP_STORAGE_COUNT
} dp_storage;

typedef enum {
#define LOSS(name, parameter, initial) DP_LOSS_##name,
#include "kernels/losses.def"
#undef LOSS
    DP_LOSS_COUNT
} dp_loss;

typedef enum {
#define STEP(name, states, hypers) DP_STEP_##name,
#include "kernels/steps.def"
#undef STEP
    DP_STEP_COUNT
} dp_step;

/* Reductions run in lanes of 64 bytes whatever the target: 16 float32 or 8 float64
 * partial sums, combined by halving. So a sum has the same bits on every target with
 * FMA. */
#define DP_LANE_BYTES 64
/* Rows of a row group, which is packed, scored and added to the weight gradient as one: a
 * multiple of the lanes of every dtype. */
#define DP_GROUP_ROWS 16
/* The longest row tile, in rows (a multiple of the row group). */
#define DP_TILE_ROWS_MAX 128
/* Classes whose accumulators are kept at once by the score kernel: a row group times
 * this many lanes are 48 kB, in L1 or L2; a tile of 64 rows' are 192 kB. */
#define DP_CLASS_PANEL 48

/* A row tile of scores, class-major: S[c * ld + r]. Padding rows up to a multiple of the
 * lanes of T are present and may hold anything finite. */
typedef struct {
    void *S; /* (C, ld) of T: the scores in, their gradients out when gradient is set */
    ptrdiff_t ld;
    ptrdiff_t C;
    ptrdiff_t rows;   /* a multiple of the lanes */
    const int32_t *y; /* (rows,) labels in 0 .. C - 1, also for the padding */
    const void
        *Q; /* instead of y, softmax alone: (C, ld) of T, probabilities; or NULL */
    double parameter; /* the loss's own number (delta of the hinge), or 0 */
    int gradient;
    double *loss; /* (rows,) out */
} dp_loss_block;

typedef void (*dp_loss_kernel)(const dp_loss_block *);

/* src + i * stride, i < n, of a storage dtype -> dst[i], of T. Any stride, any
 * alignment. */
typedef void (*dp_pack_kernel)(void *dst, const char *src, ptrdiff_t n,
                               ptrdiff_t stride);

/* The same of many rows, to a tile of slices: row groups lie group_step apart; slice s of
 * one begins at s * step and holds the values s * lanes .. of its rows side by side. So
 * kernels walk through memory in its order, aligned, whatever X's layout. */
typedef void (*dp_pack_tile_kernel)(void *dst, ptrdiff_t step, ptrdiff_t group_step,
                                    const char *const *rows, ptrdiff_t n_rows,
                                    ptrdiff_t n, ptrdiff_t stride);

/* src[i], of T -> dst + i * stride, of a float dtype. Any stride, any alignment. */
typedef void (*dp_unpack_kernel)(const void *src, ptrdiff_t n, char *dst,
                                 ptrdiff_t stride);

typedef struct {
    dp_pack_kernel pack[DP_STORAGE_COUNT];
    dp_pack_tile_kernel pack_tile[DP_STORAGE_COUNT];
    dp_unpack_kernel unpack[DP_COMPUTE_COUNT];

    /* Adds the products of a block of features, slice s of row r at x[r] + s * step, to
     * the partial sums lanes (rows, C, lanes), or begins them: W (C, ldw), at most
     * DP_CLASS_PANEL classes of it. */
    void (*score_block)(const void *const *x, ptrdiff_t step, ptrdiff_t rows,
                        const void *W, ptrdiff_t ldw, ptrdiff_t C, ptrdiff_t slices,
                        int first, void *lanes);

    /* S[c * lds + r] = the sum of the partial sums of row r and class c, plus b[c]; b may
     * be NULL. Rows up to a whole vector are written. */
    void (*score_sums)(const void *lanes, ptrdiff_t rows, ptrdiff_t C, const void *b,
                       void *S, ptrdiff_t lds);

    /* dW[c * ldw + d] += sum_r G[c * ldg + r] x[r][d], for the rows of one group of a
     * tile of slices, `step` values apart. dW's rows are padded to ldw; their part of the
     * last slice is written. ahead, or NULL: as many places as rows, of what is wanted
     * next, and ahead_step bytes from slice to slice; lines are asked for, none is read. */
    void (*weight_gradient)(const void *tile, ptrdiff_t step, ptrdiff_t rows,
                            const void *G, ptrdiff_t ldg, ptrdiff_t C, ptrdiff_t slices,
                            void *dW, ptrdiff_t ldw, const char *const *ahead,
                            ptrdiff_t ahead_step);

    /* db[c] += sum_r G[c * ldg + r], in float64. */
    void (*bias_gradient)(const void *G, ptrdiff_t ldg, ptrdiff_t C, ptrdiff_t rows,
                          double *db);

    /* out[d] = scale * sum_k parts[k * part_stride + d] + l1 sign(W[d]) + 2 l2 W[d], in
     * float64; parts may be NULL with n_parts 0. */
    void (*combine)(const void *parts, ptrdiff_t part_stride, ptrdiff_t n_parts,
                    ptrdiff_t n, double scale, const void *W, double l1, double l2,
                    double *out);

    /* sums[0] = sum |W[d]|, sums[1] = sum W[d]^2, in 8 float64 lanes. */
    void (*penalty)(const void *W, ptrdiff_t n, double sums[2]);

    /* out[d] = sign(W[d]) max(|W[d]| - threshold, 0), in float64. */
    void (*proximal_l1)(const void *W, ptrdiff_t n, double threshold, double *out);

    /* best[r] = the first c with the largest S[c * lds + r]; the first NaN wins, as in
     * numpy.argmax. */
    void (*argmax)(const void *S, ptrdiff_t lds, ptrdiff_t C, ptrdiff_t rows,
                   int64_t *best);
} dp_linear_kernels;

/* Rows of a tile whose columns are varied: as many are in memory, those from the block's
 * rows on with label 0 and scores that make no loss of it. And what is kept of each column:
 * this many rows of ld float64, the first for the loss at the scores as they are. */
#define DP_COLUMN_ROWS 64
#define DP_COLUMN_STATES 6
/* Rows of what a feature's values mean to all classes alike. */
#define DP_COLUMN_SHARED 3

/* A loss as a function of one class's scores while all others stay, in float64: optional,
 * and much cheaper than the whole tile again. The state of column c begins at
 * state + c * DP_COLUMN_STATES * ld; its first row is not the loss's. */
typedef struct {
    /* Fills the state of every column from the tile, which is only read. */
    void (*prepare)(const dp_loss_block *k, double *state);
    /* The losses of the rows when class c has the scores s[r], up to a term that these do
     * not change, summed over r modulo the 8 lanes; `state` is that column's. */
    void (*at)(const dp_loss_block *k, const double *state, ptrdiff_t c,
               const double *s, double *sums);
    /* Optional, both: what all classes share of the scores' changes by some h x[r] and
     * -h x[r]; and at() for the scores s + up x and s + down x, steps so near h and -h
     * that what is shared tells it, or 0 when they are not. */
    void (*share)(const double *x, double h, double *shared);
    int (*both)(const dp_loss_block *k, const double *state, ptrdiff_t c,
                const double *x, const double *shared, double up, double down,
                double *above, double *below);
} dp_loss_column;

/* The second derivative of a loss by the scores: `prepare` replaces a tile's scores by
 * what `product` needs of them (the losses are overwritten, the gradient flag unread), and
 * product replaces directions u, class-major as the scores are, by the products. */
typedef struct {
    void (*prepare)(const dp_loss_block *k);
    void (*product)(const dp_loss_block *k, void *u);
} dp_loss_curvature;

typedef struct {
    dp_loss_kernel loss[DP_LOSS_COUNT];
    const dp_loss_curvature *curvature; /* (DP_LOSS_COUNT,): NULLs where it has none */
    /* The states of a tile's columns; what they share of a feature's values x and the
     * step h; then, of column c, the sum over the rows of L(s + up x) - L(s + down x). The
     * block's gradient must not be asked for; its losses are overwritten. copy: scratch
     * of C * ld values. Only float64. */
    void (*column_states)(dp_loss loss, const dp_loss_block *k, double *state,
                          double *copy);
    void (*column_share)(dp_loss loss, const double *x, double h, double *shared);
    double (*column_change)(dp_loss loss, const dp_loss_block *k, const double *state,
                            ptrdiff_t c, const double *x, const double *shared,
                            double up, double down, double *copy);
    /* The project's own functions, elementwise, for tests: y[i] = f(x[i]). */
    void (*exp)(const void *x, ptrdiff_t n, void *y);
    void (*log1p)(const double *x, ptrdiff_t n, double *y);
} dp_loss_kernels;

/* At most this many state arrays, hyperparameters and scalars belong to a step. */
#define DP_STEP_STATES_MAX 4
#define DP_STEP_HYPERS_MAX 8
#define DP_STEP_SCALARS_MAX 8

/* One step of an optimizer, elementwise: n values of T in each of w, g and the states,
 * contiguous, aligned as T is, none sharing memory with another. */
typedef void (*dp_step_kernel)(void *w, const void *g, void *const *state, ptrdiff_t n,
                               const double *scalars);

/* The scalars of step t >= 1 from the hyperparameters, of which the first is always lr;
 * for every target and dtype. */
typedef void (*dp_step_scalars)(const double *hyper, int64_t t, double *scalars);

/* What all optimizers have in common, done before the step: see step/prepare.inc. */
typedef struct {
    double scale, clip, l2, keep;
} dp_step_common;

typedef struct {
    dp_step_kernel step[DP_STEP_COUNT];
    /* The gradient that the step shall take into out, which may be g; w decays. */
    void (*prepare)(void *w, const void *g, void *out, ptrdiff_t n,
                    const dp_step_common *common);
} dp_step_kernels;

typedef struct {
    const char *name;
    int states, hypers; /* how many it has */
} dp_step_kind;

/* The hyperparameters of what all have in common: scale, clip, l2, and weight decay that
 * the learning rate multiplies, and that it does not. */
#define DP_STEP_COMMON_HYPERS 5

/* At a learning rate. */
dp_step_common
dp_step_common_at(const double common[DP_STEP_COMMON_HYPERS], double lr);

extern const dp_step_scalars dp_step_scalars_table[DP_STEP_COUNT];
extern const dp_step_kind dp_step_kinds[DP_STEP_COUNT];

extern const dp_linear_kernels *const dp_linear_table[DP_TARGET_COUNT]
                                                     [DP_COMPUTE_COUNT];
extern const dp_loss_kernels *const dp_loss_table[DP_TARGET_COUNT][DP_COMPUTE_COUNT];
extern const dp_step_kernels *const dp_step_table[DP_TARGET_COUNT][DP_COMPUTE_COUNT];

#endif
