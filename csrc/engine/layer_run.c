#include "engine/layer_run.h"

#include "engine/views.h"
#include "parallel.h"

/* Values of a chunk. */
#define CHUNK 65536
/* Work that is worth a thread, some 50 us: two for twice as much. */
#define PER_THREAD 524288
/* Features of which blocks are made: one line of memory, or two. */
#define FEATURES_STEP 16

/* How a batch is cut into tasks. */
typedef enum { VALUES, ROWS, FEATURES } cut;

/* By operation: the cut, and the time of a value in that of a ReLU's (AMD EPYC, AVX2,
 * float32, 128 x 256). */
static const struct {
    cut by;
    int cost;
} operations[] = {
    [DP_RELU] = {VALUES, 1},
    [DP_RELU_BACKWARD] = {VALUES, 1},
    [DP_DROPOUT] = {VALUES, 1},
    [DP_ADD_SCALED] = {VALUES, 1},
    [DP_ADD_BIAS] = {ROWS, 1},
    [DP_SUM_ROWS] = {FEATURES, 1},
    [DP_BATCH_NORM] = {FEATURES, 4},
    [DP_BATCH_NORM_APPLY] = {FEATURES, 2},
    [DP_BATCH_NORM_BACKWARD] = {FEATURES, 5},
};

static ptrdiff_t
least(ptrdiff_t a, ptrdiff_t b)
{
    return a < b ? a : b;
}

static void
run_values(const dp_layer_job *job, ptrdiff_t first, ptrdiff_t n)
{
    const dp_layer_kernels *const k = dp_layer_table[job->target][job->compute];
    const ptrdiff_t at = first * (ptrdiff_t)dp_compute_size(job->compute);
    switch (job->op) {
        case DP_RELU:
            k->relu(job->x + at, n, job->out + at);
            break;
        case DP_RELU_BACKWARD:
            k->relu_backward(job->grad + at, job->y + at, n, job->out + at);
            break;
        case DP_DROPOUT:
            k->dropout(job->x + at, job->bits + first, job->threshold, job->scale, n,
                       job->out + at);
            break;
        default:
            k->add_scaled(job->x + at, job->y + at, job->scale, n, job->out + at);
            break;
    }
}

static void
run_rows(const dp_layer_job *job, ptrdiff_t first, ptrdiff_t n)
{
    const ptrdiff_t row = job->F * (ptrdiff_t)dp_compute_size(job->compute);
    dp_layer_table[job->target][job->compute]->add_bias(job->out + first * row, job->b,
                                                        n, job->F);
}

/* What is there, moved on; NULL stays. */
static const char *
seen_at(const char *p, ptrdiff_t at)
{
    return p == NULL ? NULL : p + at;
}

static char *
written_at(char *p, ptrdiff_t at)
{
    return p == NULL ? NULL : p + at;
}

static void
run_features(const dp_layer_job *job, ptrdiff_t first, ptrdiff_t n)
{
    const dp_layer_kernels *const k = dp_layer_table[job->target][job->compute];
    const ptrdiff_t at = first * (ptrdiff_t)dp_compute_size(job->compute);
    if (job->op == DP_SUM_ROWS) {
        k->sum_rows(job->grad + at, job->N, n, job->F, job->out + at);
        return;
    }
    const dp_norm_block block = {
        .rows = job->N,
        .cols = n,
        .ld = job->F,
        .x = job->x + at,
        .grad = seen_at(job->grad, at),
        .out = job->out + at,
        .gamma = job->gamma + at,
        .beta = seen_at(job->beta, at),
        .mean = job->mean + first,
        .inv_std = job->inv_std + first,
        .dgamma = written_at(job->dgamma, at),
        .dbeta = written_at(job->dbeta, at),
        .eps = job->eps,
        .training = job->training,
    };
    if (job->op == DP_BATCH_NORM) {
        k->batch_norm(&block);
    }
    else if (job->op == DP_BATCH_NORM_APPLY) {
        k->batch_norm_apply(&block);
    }
    else {
        k->batch_norm_backward(&block);
    }
}

/* A job cut into tasks: `each` of `extent` values, rows or features. */
typedef struct {
    const dp_layer_job *job;
    ptrdiff_t extent, each;
} tasks;

/* Features are as many blocks as threads, of whole lines of memory, but for wide layers: a
 * wide block is faster, and a feature's bits do not depend on its block. */
static tasks
cut_up(const dp_layer_job *job, int threads)
{
    const ptrdiff_t share = job->F / threads + (job->F % threads != 0);
    switch (operations[job->op].by) {
        case VALUES:
            return (tasks){job, job->N * job->F, CHUNK};
        case ROWS:
            /* Of rows without values there may be 2^60. */
            return job->F == 0 ? (tasks){job, 0, 1}
                               : (tasks){job, job->N, CHUNK / least(CHUNK, job->F)};
        default:
            return (tasks){job, job->F,
                           least(dp_round_up(share + (share == 0), FEATURES_STEP),
                                 DP_LAYER_COLUMNS)};
    }
}

static int
layer_task(void *context, ptrdiff_t task, int worker)
{
    const tasks *const t = context;
    const ptrdiff_t first = task * t->each, n = least(t->each, t->extent - first);
    (void)worker;
    switch (operations[t->job->op].by) {
        case VALUES:
            run_values(t->job, first, n);
            break;
        case ROWS:
            run_rows(t->job, first, n);
            break;
        default:
            run_features(t->job, first, n);
            break;
    }
    return 0;
}

ptrdiff_t
dp_layer_work(const dp_layer_job *job)
{
    return job->N * job->F * operations[job->op].cost;
}

void
dp_layer_run(const dp_layer_job *job, int threads)
{
    const ptrdiff_t worth = dp_layer_work(job) / PER_THREAD;
    threads = worth > 1 ? (int)least(threads, worth) : 1;
    tasks t = cut_up(job, threads);
    const ptrdiff_t n = t.extent / t.each + (t.extent % t.each != 0);
    if (threads > 1) {
        dp_parallel(n, threads, layer_task, NULL, &t);
        return;
    }
    for (ptrdiff_t task = 0; task < n; task++) {
        layer_task(&t, task, 0);
    }
}
