/* One pass of the linear family over the examples: scores, predictions, or loss and
 * gradient. No Python; the caller checks the arguments and owns all memory.
 *
 * Stages, per row tile: pack (any storage, stride, layout, index list -> a tile of the
 * compute dtype) and scores, block of features by block, while that is in L1; then what
 * is asked for: the loss as a block function, the weight gradient, the argmax. Tiles
 * belong to chunks; what a chunk adds up is kept apart and combined in the order of the
 * chunks.
 */
#ifndef DP_LINEAR_PASS_H
#define DP_LINEAR_PASS_H

#include "dispatch.h"
#include "engine/views.h"

/* Chunks of a pass: enough to share out among threads; their number depends on the
 * shapes alone. Each keeps a dW of its own. */
#define DP_CHUNKS_MAX 16

typedef enum {
    DP_SCORES,
    DP_PREDICT,
    DP_LOSS,
    DP_LOSS_GRADIENT,
    DP_CURVATURE /* products of the Hessian at the first model with the others */
} dp_goal;

/* An optimizer's step to take with the gradient as it is finished, class by class, on
 * the packed W: see engine/descent.h. */
typedef struct {
    dp_step_kernel step;
    double scalars[DP_STEP_SCALARS_MAX];
    const dp_step_common *common;     /* or NULL */
    char *states[DP_STEP_STATES_MAX]; /* (C, ldw) of the compute dtype each, or NULL */
} dp_update;

typedef struct {
    dp_target target;
    dp_compute compute;
    dp_goal goal;
    dp_matrix W;      /* (C, D), or `models` of them stacked: (models * C, D) */
    ptrdiff_t models; /* 0 is one; more for DP_LOSS and DP_CURVATURE without b alone */
    dp_matrix X;      /* (N, D): one example a row, whatever the strides */
    dp_matrix b;      /* (1, C), or data NULL */
    dp_ints y;        /* (N,), checked; for DP_PREDICT optional: counts the hits */
    dp_matrix q;   /* instead of y, for softmax with DP_LOSS and DP_LOSS_GRADIENT of one
                         model: probabilities (N, C), checked; or data NULL */
    dp_ints index; /* (n,) positions in 0 .. N - 1, checked; or data NULL: all */
    dp_loss loss;
    double parameter;
    double l1, l2; /* weights of the regularizers sum |W| and sum W^2 */

    dp_matrix scores; /* (n, C) of the compute dtype, out */
    char *best;       /* (n,) int64 out, or NULL */
    ptrdiff_t best_stride;
    dp_matrix dW; /* (C, D) out, float32 or float64; unused with an update; the products
                     stacked, ((models - 1) * C, D), for DP_CURVATURE */
    const dp_update *update; /* NULL: none */
    dp_matrix db;            /* (1, C) out, or data NULL */
    double value;            /* mean loss + regularizers, out: of the first model */
    char *values;            /* (models,) float64 out: each model's value, or NULL */
    ptrdiff_t values_stride;
    int64_t hits; /* predictions equal to y, out */

    /* Asked now and then on the calling thread: anything but 0 stops the pass. */
    int (*interrupted)(void *);
    void *interrupted_context;
} dp_linear_job;

typedef struct {
    ptrdiff_t n;         /* examples used */
    ptrdiff_t models;    /* at least 1 */
    ptrdiff_t classes;   /* of each model */
    ptrdiff_t results;   /* rows of the gradient, or of the products; or 0 */
    ptrdiff_t passive;   /* classes whose scores come before those of the results */
    ptrdiff_t lanes;     /* of the compute dtype */
    ptrdiff_t tile_rows; /* a multiple of DP_GROUP_ROWS */
    ptrdiff_t ldw;       /* D rounded up to whole lanes, and an odd number of lines */
    ptrdiff_t slices;    /* of `lanes` features each */
    ptrdiff_t step, group_step; /* from slice to slice, from group to group of a tile */
    ptrdiff_t block;            /* slices that are packed and scored at once */
    ptrdiff_t at_once;          /* rows of which that is done */
    ptrdiff_t chunks;
    int threads;
    int columns; /* whether neighbouring rows lie nearer than features */
    int direct;  /* whether whole blocks of X's rows are scored where they are */
    size_t part_bytes, worker_bytes;
    size_t
        bytes; /* of scratch that dp_linear_run wants, 64-byte aligned; SIZE_MAX: too much */
} dp_linear_plan;

/* The plan for a job whose views and goal are set; `threads` is an upper bound. */
dp_linear_plan
dp_linear_make_plan(const dp_linear_job *job, int threads);

/* Fills the job's outputs; 0, or 1 when interrupted: dW, db and value are untouched
 * then. */
int
dp_linear_run(dp_linear_job *job, const dp_linear_plan *plan, void *scratch);

/* Value and gradient of l1 sum |W| + l2 sum W^2 alone (job: W, dW, l1, l2, target,
 * compute). dW.data may be NULL. */
size_t
dp_penalty_bytes(const dp_linear_job *job);
void
dp_penalty_run(dp_linear_job *job, void *scratch);

/* dW = the proximal step of threshold sum |W|; scratch of dp_penalty_bytes. dW may be W. */
void
dp_proximal_l1_run(const dp_linear_job *job, double threshold, void *scratch);

/* The mean loss at score level: job->scores (n, C) in, y or q, loss, parameter; with
 * DP_LOSS_GRADIENT the gradients go to `gradient` (n, C). 0, or 1 when
 * interrupted, with some of them written. */
size_t
dp_score_loss_bytes(const dp_linear_job *job);
int
dp_score_loss_run(dp_linear_job *job, const dp_matrix *gradient, void *scratch);

#endif
