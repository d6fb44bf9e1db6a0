/* Scratch memory, cut up front to back; and the part of it that a worker uses.
 *
 * Every size is computed by the same cutting, from address 0: a layout is written once.
 */
#ifndef DP_SCRATCH_H
#define DP_SCRATCH_H

#include <stdatomic.h>

#include "engine/linear_pass.h"

static inline size_t
dp_align64(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* The next `bytes` at *at, 64-byte aligned. */
static inline void *
dp_take(uintptr_t *at, size_t bytes)
{
    const uintptr_t p = *at;
    *at += dp_align64(bytes);
    return (void *)p;
}

/* Whether a tile of n columns of float64 stays far below the address space: views with
 * stride 0 can be that large, and no size may wrap. */
static inline int
dp_fits(ptrdiff_t n)
{
    return n < PTRDIFF_MAX / (ptrdiff_t)(4 * sizeof(double) * DP_TILE_ROWS_MAX);
}

/* Position i of the job's index, or i itself. Positions were checked before, but another
 * thread may have written since: what is out of range by now reads as 0. */
static inline ptrdiff_t
dp_example_at(const dp_linear_job *job, ptrdiff_t i)
{
    const ptrdiff_t at = job->index.data ? dp_position(&job->index, i, job->X.rows) : i;
    return at < 0 ? 0 : at;
}

/* Label `at`, checked before as positions were: what is out of range by now reads as 0. */
static inline int32_t
dp_label_at(const dp_linear_job *job, ptrdiff_t at, ptrdiff_t classes)
{
    const int64_t y = dp_ints_get(&job->y, at);
    return y < 0 || y >= classes ? 0 : (int32_t)y;
}

/* Asks, on the calling thread, whether to stop, and keeps the answer in *stop. Once is
 * enough: an exception is set by then, and no signal handler may run. */
static inline int
dp_asked_to_stop(const dp_linear_job *job, atomic_int *stop)
{
    if (!atomic_load_explicit(stop, memory_order_relaxed) && job->interrupted &&
        job->interrupted(job->interrupted_context)) {
        atomic_store_explicit(stop, 1, memory_order_relaxed);
    }
    return atomic_load_explicit(stop, memory_order_relaxed);
}

/* What one worker needs: a packed tile, the caller's rows in it, the places of what comes
 * next, the lanes of the score kernel, scores, labels (or Q, class-major as the scores
 * are, else NULL) and losses of a tile, a row of results. */
typedef struct {
    void *tile, *lanes, *S, *Q;
    const char **rows, **ahead;
    int32_t *y;
    double *loss, *row;
    int64_t *best;
    void *gradient; /* a class's, of the compute dtype, for an update */
} dp_workspace;

size_t
dp_carve_workspace(const dp_linear_job *job, const dp_linear_plan *plan, void *memory,
                   dp_workspace *w);

/* Shared by a pass's workers: W and b packed, each class's regularizer, and the chunks'
 * own sums. */
typedef struct {
    void *W, *b;
    double *penalty;
    char *parts;       /* chunks x part_bytes: dW (C, ldw) of T, db (C) */
    double *part_loss; /* chunks x models */
    int64_t *part_hits;
    char *workers;
} dp_shared;

size_t
dp_carve_shared(const dp_linear_job *job, const dp_linear_plan *plan, void *memory,
                dp_shared *s);

/* The parts of dp_linear_run, for a loop that keeps W packed from pass to pass: W, b and
 * the regularizer into s; then a pass, which leaves the regularizer of the updated W
 * there; 0, or 1 when interrupted, with nothing updated. */
void
dp_linear_prepare(dp_linear_job *job, const dp_linear_plan *plan, const dp_shared *s);
int
dp_linear_pass(dp_linear_job *job, const dp_linear_plan *plan, const dp_shared *s);

/* The tile that one worker is at: linear_tile.c. */
typedef struct {
    const dp_linear_job *job;
    const dp_linear_plan *plan;
    const dp_linear_kernels *kernels;
    const dp_shared *s;
    ptrdiff_t size; /* bytes of the compute dtype */
    dp_workspace w;
} dp_tile;

/* Points the tile at `rows` examples of the job and reads their labels. */
void
dp_tile_load(const dp_tile *t, ptrdiff_t first, ptrdiff_t rows);

/* Their scores of all classes of all models, class-major with stride plan->tile_rows;
 * for the gradient, the tile is packed after that. */
void
dp_tile_scores(const dp_tile *t, ptrdiff_t rows);

/* Adds their gradient to dW and db; meanwhile memory is asked for the examples from
 * `next` on, before `end`. */
void
dp_tile_gradient(const dp_tile *t, ptrdiff_t rows, void *dW, double *db, ptrdiff_t next,
                 ptrdiff_t end);

/* The loss of the tile in w (scores S of C classes, class-major with stride ld; labels
 * y), its score gradients left in S for DP_LOSS_GRADIENT; the rows' losses added
 * to *sum one by one, so that its bits do not depend on the tiles. */
void
dp_tile_loss(const dp_linear_job *job, const dp_workspace *w, ptrdiff_t C, ptrdiff_t ld,
             ptrdiff_t rows, double *sum);

/* Replaces the scores of the models after the first by the products of the losses' second
 * derivative, at the first model's scores, with them. */
void
dp_tile_curvature(const dp_linear_job *job, const dp_linear_plan *plan,
                  const dp_workspace *w, ptrdiff_t rows);

#endif
