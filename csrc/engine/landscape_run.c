#include "engine/landscape_run.h"

#include "parallel.h"

/* Values first .. end - 1 of the grid, counted row by row. */
static void
grid_values(const dp_landscape_job *job, ptrdiff_t first, ptrdiff_t end)
{
    while (first < end) {
        const ptrdiff_t j = first / job->nx, i = first % job->nx;
        const ptrdiff_t left = job->nx - i;
        const ptrdiff_t n = end - first < left ? end - first : left;
        dp_landscapes[job->landscape].row(job->parameters, job->x + i, job->y[j], n,
                                          job->values + first);
        first += n;
    }
}

static void
at_points(const dp_landscape_job *job, ptrdiff_t first, ptrdiff_t end)
{
    const dp_landscape_kernels *const k = &dp_landscapes[job->landscape];
    const double *const p = job->parameters;
    for (ptrdiff_t i = first; i < end; i++) {
        const double x = job->points[2 * i], y = job->points[2 * i + 1];
        if (job->goal == DP_LANDSCAPE_HESSIANS) {
            k->hessian(p, x, y, job->derivatives + 4 * i);
            continue;
        }
        job->values[i] = k->value(p, x, y);
        if (job->goal == DP_LANDSCAPE_GRADIENTS) {
            k->gradient(p, x, y, job->derivatives + 2 * i);
        }
    }
}

static ptrdiff_t
total(const dp_landscape_job *job)
{
    return job->points ? job->n : job->nx * job->ny;
}

static int
landscape_task(void *context, ptrdiff_t task, int worker)
{
    const dp_landscape_job *job = context;
    const ptrdiff_t first = task * DP_LANDSCAPE_CHUNK;
    const ptrdiff_t left = total(job) - first;
    const ptrdiff_t end =
        first + (left < DP_LANDSCAPE_CHUNK ? left : DP_LANDSCAPE_CHUNK);
    if (job->points) {
        at_points(job, first, end);
    }
    else {
        grid_values(job, first, end);
    }
    return worker == 0 && job->interrupted != NULL &&
           job->interrupted(job->interrupted_context) != 0;
}

int
dp_landscape_run(const dp_landscape_job *job, int threads)
{
    const ptrdiff_t n = total(job);
    const ptrdiff_t tasks = n / DP_LANDSCAPE_CHUNK + (n % DP_LANDSCAPE_CHUNK != 0);
    dp_landscape_job copy = *job; /* the pool's context is not const */
    return dp_parallel(tasks, threads, landscape_task, NULL, &copy);
}
