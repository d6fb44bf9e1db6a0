#include "engine/descent.h"

#include <time.h>

#include "engine/scratch.h"
#include "parallel.h"

/* The plan of a step on n examples of the index, and the job's view of them. */
static dp_linear_plan
plan_step(const dp_descent *d, ptrdiff_t first, ptrdiff_t n, int threads,
          const dp_update *update, dp_linear_job *job)
{
    *job = *d->linear;
    job->update = update;
    if (d->sizes) {
        job->index.data += first * job->index.stride;
        job->index.n = n;
    }
    return dp_linear_make_plan(job, threads);
}

/* The plan of the largest step, whose scratch does for all: chunks, threads and so sizes
 * grow with the number of examples. */
static dp_linear_plan
plan_largest(const dp_descent *d, int threads, const dp_update *update,
             dp_linear_job *job)
{
    return plan_step(d, 0, d->largest, threads, update, job);
}

static size_t
state_bytes(const dp_linear_job *job, const dp_linear_plan *plan)
{
    return (size_t)job->W.rows * (size_t)plan->ldw * dp_compute_size(job->compute);
}

size_t
dp_descent_bytes(const dp_descent *d, int threads)
{
    const dp_update update = {0};
    dp_linear_job job;
    const dp_linear_plan plan = plan_largest(d, threads, &update, &job);
    if (plan.bytes == SIZE_MAX) {
        return SIZE_MAX;
    }
    return plan.bytes + DP_STEP_STATES_MAX * dp_align64(state_bytes(&job, &plan));
}

/* Rows of m, a view of (C, D) of the compute dtype, to the packed rows or back. */
static void
move(const dp_linear_job *job, const dp_linear_plan *plan, const dp_matrix *m,
     char *packed, int back)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const size_t row = (size_t)plan->ldw * dp_compute_size(job->compute);
    for (ptrdiff_t c = 0; c < m->rows; c++) {
        char *at = m->data + c * m->row_stride;
        if (back) {
            kernels->unpack[m->storage](packed + (size_t)c * row, m->cols, at,
                                        m->col_stride);
        }
        else {
            kernels->pack[m->storage](packed + (size_t)c * row, at, m->cols,
                                      m->col_stride);
        }
    }
}

static double
seconds_now(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t) == 0
               ? (double)t.tv_sec + 1e-9 * (double)t.tv_nsec
               : 0.0;
}

int
dp_descent_run(dp_descent *d, int threads, void *scratch)
{
    const double begin = seconds_now();
    const int n_states = dp_step_kinds[d->step].states;
    dp_step_common common;
    dp_update update = {
        .common = d->common ? &common : NULL,
        .step = dp_step_table[d->linear->target][d->linear->compute]->step[d->step],
    };
    double hyper[DP_STEP_HYPERS_MAX] = {0.0};
    for (int k = 0; k < dp_step_kinds[d->step].hypers; k++) {
        hyper[k] = d->hyper[k];
    }
    dp_linear_job job;
    dp_shared shared;
    const dp_linear_plan largest = plan_largest(d, threads, &update, &job);
    uintptr_t at =
        (uintptr_t)scratch + dp_carve_shared(&job, &largest, scratch, &shared);
    for (int k = 0; k < n_states; k++) {
        update.states[k] = dp_take(&at, state_bytes(&job, &largest));
        move(&job, &largest, &d->states[k], update.states[k], 0);
    }
    dp_linear_prepare(&job, &largest, &shared);
    int stopped = 0;
    ptrdiff_t first = 0;
    for (d->done = 0; d->done < d->steps;) {
        const ptrdiff_t step = d->done;
        const ptrdiff_t n = d->sizes ? (ptrdiff_t)d->sizes[step] : 0;
        if (d->sizes && (n < 1 || n > d->largest || n > d->linear->index.n - first)) {
            break; /* checked before, but another thread has written since */
        }
        const dp_linear_plan plan = plan_step(d, first, n, threads, &update, &job);
        hyper[0] = d->rates[step];
        dp_step_scalars_table[d->step](hyper, d->t + step + 1, update.scalars);
        if (d->common) {
            common = dp_step_common_at(d->common, hyper[0]);
        }
        stopped = dp_linear_pass(&job, &plan, &shared);
        if (stopped) {
            break;
        }
        first += n;
        d->losses[step] = job.value;
        d->times[step] = seconds_now() - begin;
        d->done = step + 1;
        if (d->times[step] >= d->seconds) {
            break;
        }
    }
    move(&job, &largest, &d->linear->W, shared.W, 1);
    for (int k = 0; k < n_states; k++) {
        move(&job, &largest, &d->states[k], update.states[k], 1);
    }
    return stopped;
}
