#include "engine/layer_run.h"

#include "engine/views.h"
#include "parallel.h"

/* Values of a chunk. */
#define CHUNK 65536
/* Work that is worth a thread. */
#define PER_THREAD 262144

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
    [DP_BATCH_NORM] = {FEATURES, 6},
    [DP_BATCH_NORM_APPLY] = {FEATURES, 3},
    [DP_BATCH_NORM_BACKWARD] = {FEATURES, 6},
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

/* What is cut, and how much of it a task takes. */
static ptrdiff_t
extent_of(const dp_layer_job *job, ptrdiff_t *of_task)
{
    switch (operations[job->op].by) {
        case VALUES:
            *of_task = CHUNK;
            return job->N * job->F;
        case ROWS:
            *of_task = job->F < CHUNK ? CHUNK / (job->F > 0 ? job->F : 1) : 1;
            return job->N;
        default:
            *of_task = DP_LAYER_COLUMNS;
            return job->F;
    }
}

static int
layer_task(void *context, ptrdiff_t task, int worker)
{
    const dp_layer_job *job = context;
    ptrdiff_t of_task;
    const ptrdiff_t extent = extent_of(job, &of_task);
    const ptrdiff_t first = task * of_task, n = least(of_task, extent - first);
    (void)worker;
    switch (operations[job->op].by) {
        case VALUES:
            run_values(job, first, n);
            break;
        case ROWS:
            run_rows(job, first, n);
            break;
        default:
            run_features(job, first, n);
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
    ptrdiff_t of_task;
    const ptrdiff_t extent = extent_of(job, &of_task);
    const ptrdiff_t tasks = extent / of_task + (extent % of_task != 0);
    dp_layer_job copy = *job; /* the pool's context is not const */
    threads = (int)least(threads, dp_layer_work(job) / PER_THREAD);
    if (threads > 1) {
        dp_parallel(tasks, threads, layer_task, NULL, &copy);
        return;
    }
    for (ptrdiff_t task = 0; task < tasks; task++) {
        layer_task(&copy, task, 0);
    }
}
