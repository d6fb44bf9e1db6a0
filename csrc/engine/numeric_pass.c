/* The complete numeric gradient: quotient[c, d] = (L(above) - L(below)) / (above - below)
 * with above = fl(W[c, d] + h) and below = fl(W[c, d] - h), or W[c, d] itself.
 *
 * Groups of row tiles are worked off in order, each in two stages: the tiles' scores and
 * column states, tile by tile; then the changes of the loss, by blocks of features; all
 * classes pass over a feature's values, and share what they can of it. Every entry
 * is summed over the rows in the order of the tiles: the same bits for any number of
 * threads.
 */
#include "engine/numeric_pass.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "engine/scratch.h"
#include "parallel.h"

#define ROWS DP_COLUMN_ROWS
#define GROUP_TILES 16
#define BLOCK_MAX 32
/* Values of a row in a slice of a tile. */
#define LANES (DP_LANE_BYTES / (ptrdiff_t)sizeof(double))
/* Evaluations of a row that take as long as a thread should have to do (100 us). */
#define EVALUATIONS_PER_THREAD 20000.0

/* One tile of a group: scores (C, ROWS), states of the columns, labels. */
typedef struct {
    double *S, *state;
    int32_t *y;
} tile;

typedef struct {
    double *x, *packed, *copy, *loss, *steps, *shared;
    void *pass;
} worker_memory;

typedef struct {
    dp_linear_job *job;
    const dp_numeric_plan *plan;
    const dp_linear_kernels *kernels;
    const dp_loss_kernels *losses;
    ptrdiff_t n, begin;  /* examples; the first of the group */
    double *sums, *next; /* (C, D): before the group, and with it */
    char *tiles, *workers;
    size_t tile_bytes, worker_bytes;
    atomic_int stop;
} pass;

static size_t
carve_tile(const dp_linear_job *job, void *memory, tile *t)
{
    const size_t column = (size_t)job->W.rows * ROWS * sizeof(double);
    uintptr_t at = (uintptr_t)memory;
    t->S = dp_take(&at, column);
    t->state = dp_take(&at, DP_COLUMN_STATES * column);
    t->y = dp_take(&at, ROWS * sizeof *t->y);
    return at - (uintptr_t)memory;
}

static size_t
carve_worker(const dp_linear_job *job, const dp_numeric_plan *plan, void *memory,
             worker_memory *w)
{
    uintptr_t at = (uintptr_t)memory;
    w->x = dp_take(&at, (size_t)plan->block * ROWS * sizeof(double));
    w->packed =
        dp_take(&at, (size_t)dp_round_up(plan->block, LANES) * ROWS * sizeof(double));
    w->copy = dp_take(&at, (size_t)job->W.rows * ROWS * sizeof(double));
    w->loss = dp_take(&at, ROWS * sizeof(double));
    w->steps = dp_take(&at, 2 * (size_t)(job->W.rows * plan->block) * sizeof(double));
    w->shared = dp_take(&at, DP_COLUMN_SHARED * ROWS * sizeof(double));
    w->pass = dp_take(&at, plan->pass_bytes);
    return at - (uintptr_t)memory;
}

static size_t
carve(pass *p, void *memory)
{
    const dp_linear_job *job = p->job;
    const size_t all = (size_t)job->W.rows * (size_t)job->W.cols * sizeof(double);
    tile t;
    worker_memory w;
    p->tile_bytes = carve_tile(job, NULL, &t);
    p->worker_bytes = carve_worker(job, p->plan, NULL, &w);
    uintptr_t at = (uintptr_t)memory;
    p->sums = dp_take(&at, all);
    p->next = dp_take(&at, all);
    p->tiles = dp_take(&at, GROUP_TILES * p->tile_bytes);
    p->workers = dp_take(&at, (size_t)p->plan->threads * p->worker_bytes);
    return at - (uintptr_t)memory;
}

/* The pass that gives the scores of `rows` examples from `first` on, class-major. */
static dp_linear_job
scores_job(const dp_linear_job *job, ptrdiff_t first, ptrdiff_t rows, double *S)
{
    dp_linear_job part = {
        .target = job->target,
        .compute = DP_f64,
        .goal = DP_SCORES,
        .W = job->W,
        .X = job->X,
        .b = job->b,
        .index = job->index,
        .scores = {.data = (char *)S,
                   .rows = rows,
                   .cols = job->W.rows,
                   .row_stride = sizeof *S,
                   .col_stride = ROWS * (ptrdiff_t)sizeof *S,
                   .storage = DP_STORE_f64},
    };
    if (job->index.data) {
        part.index.data += first * job->index.stride;
        part.index.n = rows;
    }
    else {
        part.X.data += first * job->X.row_stride;
        part.X.rows = rows;
    }
    return part;
}

dp_numeric_plan
dp_numeric_make_plan(const dp_linear_job *job, double h, int forward, int threads)
{
    dp_numeric_plan plan = {.h = h, .forward = forward};
    const ptrdiff_t n = job->index.data ? job->index.n : job->X.rows;
    const dp_linear_job part = scores_job(job, 0, n < ROWS ? n : ROWS, NULL);
    plan.pass_bytes = dp_linear_make_plan(&part, 1).bytes;
    plan.bytes = SIZE_MAX;
    const double entries = (double)job->W.rows * (double)job->W.cols;
    const double useful = entries * (double)n * 2.0 / EVALUATIONS_PER_THREAD;
    const ptrdiff_t block = job->W.cols / GROUP_TILES;
    plan.block = block < 1 ? 1 : block > BLOCK_MAX ? BLOCK_MAX : block;
    plan.threads = useful < threads ? (int)useful : threads;
    plan.threads = plan.threads < 1                ? 1
                   : plan.threads > DP_MAX_THREADS ? DP_MAX_THREADS
                                                   : plan.threads;
    /* Far below the address space, so that no size wraps. */
    if (plan.pass_bytes < SIZE_MAX / 4 / DP_MAX_THREADS &&
        8.0 * (2.0 * entries + 256.0 * ROWS * ((double)job->W.rows + BLOCK_MAX) * 2.0) <
            (double)PTRDIFF_MAX / 4) {
        pass p = {.job = (dp_linear_job *)job, .plan = &plan};
        plan.bytes = carve(&p, NULL);
    }
    return plan;
}

static int
asked_to_stop(void *context)
{
    pass *p = context;
    return dp_asked_to_stop(p->job, &p->stop);
}

static int
stopped(pass *p, int worker)
{
    return worker == 0 ? asked_to_stop(p)
                       : atomic_load_explicit(&p->stop, memory_order_relaxed);
}

static ptrdiff_t
rows_of(const pass *p, ptrdiff_t first)
{
    return p->n - first < ROWS ? p->n - first : ROWS;
}

/* Tile t of the group as the losses' block. */
static dp_loss_block
block_of(const pass *p, ptrdiff_t t, ptrdiff_t rows, const worker_memory *w, tile *own)
{
    carve_tile(p->job, p->tiles + (size_t)t * p->tile_bytes, own);
    const dp_loss_block k = {
        .S = own->S,
        .ld = ROWS,
        .C = p->job->W.rows,
        .rows = rows,
        .y = own->y,
        .parameter = p->job->parameter,
        .loss = w->loss,
    };
    return k;
}

/* Scores, labels and column states of tile t of the group. */
static int
prepare_tile(void *context, ptrdiff_t t, int worker)
{
    pass *p = context;
    const dp_linear_job *job = p->job;
    const ptrdiff_t first = p->begin + t * ROWS;
    const ptrdiff_t rows = rows_of(p, first);
    worker_memory w;
    tile own;
    if (stopped(p, worker)) {
        return 1;
    }
    carve_worker(job, p->plan, p->workers + (size_t)worker * p->worker_bytes, &w);
    const dp_loss_block k = block_of(p, t, rows, &w, &own);
    dp_linear_job part = scores_job(job, first, rows, own.S);
    const dp_linear_plan plan = dp_linear_make_plan(&part, 1);
    dp_linear_run(&part, &plan, w.pass);
    for (ptrdiff_t c = 0; c < k.C; c++) {
        for (ptrdiff_t r = rows; r < ROWS; r++) {
            own.S[c * ROWS + r] = c == 0 ? 0.0 : -10000.0; /* label 0: without loss */
        }
    }
    for (ptrdiff_t r = 0; r < ROWS; r++) {
        own.y[r] = r < rows ? dp_label_at(job, dp_example_at(job, first + r), k.C) : 0;
    }
    p->losses->column_states(job->loss, &k, own.state, w.copy);
    return 0;
}

/* The values of `count` features from `d` on, features x ROWS, with zeros for padding. */
static void
load_features(const pass *p, const worker_memory *w, ptrdiff_t first, ptrdiff_t rows,
              ptrdiff_t d, ptrdiff_t count)
{
    const dp_linear_job *job = p->job;
    const char *at[ROWS];
    for (ptrdiff_t r = 0; r < rows; r++) {
        at[r] = job->X.data + dp_example_at(job, first + r) * job->X.row_stride +
                d * job->X.col_stride;
    }
    const ptrdiff_t step = DP_GROUP_ROWS * LANES;
    const ptrdiff_t group_step = dp_round_up(p->plan->block, LANES) * DP_GROUP_ROWS;
    p->kernels->pack_tile[job->X.storage](w->packed, step, group_step, at, rows, count,
                                          job->X.col_stride);
    for (ptrdiff_t i = 0; i < count; i++) {
        for (ptrdiff_t r = 0; r < rows; r++) {
            w->x[i * ROWS + r] =
                w->packed[r / DP_GROUP_ROWS * group_step + i / LANES * step +
                          r % DP_GROUP_ROWS * LANES + i % LANES];
        }
        memset(w->x + i * ROWS + rows, 0, (size_t)(ROWS - rows) * sizeof *w->x);
    }
}

/* W[c, d] + h and W[c, d] - h (or W[c, d]) after rounding. */
static void
neighbours(const dp_numeric_plan *plan, double w, double *above, double *below)
{
    *above = w + plan->h;
    *below = plan->forward ? w : w - plan->h;
}

/* The steps that are really taken from `count` entries of every class's row of W. */
static void
load_steps(const pass *p, const worker_memory *w, ptrdiff_t d, ptrdiff_t count)
{
    const dp_matrix *W = &p->job->W;
    for (ptrdiff_t c = 0; c < W->rows; c++) {
        const char *src = W->data + c * W->row_stride + d * W->col_stride;
        p->kernels->pack[W->storage](w->packed, src, count, W->col_stride);
        double *steps = w->steps + 2 * c * p->plan->block;
        for (ptrdiff_t i = 0; i < count; i++) {
            double above, below;
            neighbours(p->plan, w->packed[i], &above, &below);
            steps[2 * i] = above - w->packed[i];
            steps[2 * i + 1] = below - w->packed[i];
        }
    }
}

/* Adds the group's changes of the loss for a block of features. It reads sums and writes
 * next, as a task may run twice. */
static int
vary_block(void *context, ptrdiff_t task, int worker)
{
    pass *p = context;
    const dp_linear_job *job = p->job;
    const ptrdiff_t C = job->W.rows, D = job->W.cols, block = p->plan->block;
    const ptrdiff_t d = task * block;
    const ptrdiff_t count = D - d < block ? D - d : block;
    worker_memory w;
    carve_worker(job, p->plan, p->workers + (size_t)worker * p->worker_bytes, &w);
    load_steps(p, &w, d, count);
    for (ptrdiff_t c = 0; c < C; c++) {
        memcpy(p->next + c * D + d, p->sums + c * D + d,
               (size_t)count * sizeof *p->next);
    }
    for (ptrdiff_t t = 0; t < GROUP_TILES && p->begin + t * ROWS < p->n; t++) {
        const ptrdiff_t first = p->begin + t * ROWS;
        const ptrdiff_t rows = rows_of(p, first);
        tile own;
        const dp_loss_block k = block_of(p, t, rows, &w, &own);
        load_features(p, &w, first, rows, d, count);
        for (ptrdiff_t i = 0; i < count; i++) {
            const double *x = w.x + i * ROWS;
            if (stopped(p, worker)) {
                return 1;
            }
            p->losses->column_share(job->loss, x, p->plan->h, w.shared);
            for (ptrdiff_t c = 0; c < C; c++) {
                const double *steps = w.steps + 2 * (c * block + i);
                p->next[c * D + d + i] +=
                    p->losses->column_change(job->loss, &k, own.state, c, x, w.shared,
                                             steps[0], steps[1], w.copy);
            }
        }
    }
    return 0;
}

static double
penalty(const dp_linear_job *job, double w)
{
    return (job->l1 != 0.0 ? job->l1 * fabs(w) : 0.0) +
           (job->l2 != 0.0 ? job->l2 * (w * w) : 0.0);
}

/* Class c's quotients, from the sums over all rows, to the caller's array. */
static int
finish_class(void *context, ptrdiff_t c, int worker)
{
    const pass *p = context;
    const dp_linear_job *job = p->job;
    double *row = p->next + c * job->W.cols;
    const double *sums = p->sums + c * job->W.cols;
    const char *src = job->W.data + c * job->W.row_stride;
    (void)worker;
    p->kernels->pack[job->W.storage](row, src, job->W.cols, job->W.col_stride);
    for (ptrdiff_t d = 0; d < job->W.cols; d++) {
        double above, below;
        neighbours(p->plan, row[d], &above, &below);
        const double change =
            sums[d] / (double)p->n + (penalty(job, above) - penalty(job, below));
        row[d] = above != below ? change / (above - below) : (double)NAN;
    }
    p->kernels->unpack[DP_f64](row, job->W.cols, job->dW.data + c * job->dW.row_stride,
                               job->dW.col_stride);
    return 0;
}

int
dp_numeric_run(dp_linear_job *job, const dp_numeric_plan *plan, void *scratch)
{
    pass p = {
        .job = job,
        .plan = plan,
        .kernels = dp_linear_table[job->target][DP_f64],
        .losses = dp_loss_table[job->target][DP_f64],
        .n = job->index.data ? job->index.n : job->X.rows,
    };
    atomic_init(&p.stop, 0);
    carve(&p, scratch);
    const size_t all = (size_t)job->W.rows * (size_t)job->W.cols;
    memset(p.sums, 0, all * sizeof *p.sums);
    const ptrdiff_t blocks = (job->W.cols + plan->block - 1) / plan->block;
    for (; p.begin < p.n; p.begin += GROUP_TILES * ROWS) {
        const ptrdiff_t left = (p.n - p.begin + ROWS - 1) / ROWS;
        const ptrdiff_t tiles = left < GROUP_TILES ? left : GROUP_TILES;
        if (dp_parallel(tiles, plan->threads, prepare_tile, asked_to_stop, &p) != 0 ||
            atomic_load_explicit(&p.stop, memory_order_relaxed) ||
            dp_parallel(blocks, plan->threads, vary_block, asked_to_stop, &p) != 0 ||
            atomic_load_explicit(&p.stop, memory_order_relaxed)) {
            return 1;
        }
        double *swap = p.sums;
        p.sums = p.next;
        p.next = swap;
    }
    dp_parallel(job->W.rows, plan->threads, finish_class, NULL, &p);
    return 0;
}
