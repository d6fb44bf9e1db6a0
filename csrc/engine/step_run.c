#include "engine/step_run.h"

#include <string.h>

#include "engine/views.h"
#include "parallel.h"

/* Values that are gathered at once from memory that is not dense. */
#define TILE 256

/* Whether such memory is aligned and without gaps, in the array's order of axes. */
static int
is_dense(const dp_step_array *a, const char *memory, const ptrdiff_t *stride)
{
    const size_t size = dp_compute_size(a->compute);
    ptrdiff_t expected = (ptrdiff_t)size;
    for (int k = a->axes - 1; k >= 0; k--) {
        if (stride[k] != expected) {
            return 0;
        }
        expected *= a->shape[k];
    }
    return (uintptr_t)memory % size == 0;
}

void
dp_step_prepare(dp_step_array *arrays, ptrdiff_t n_arrays)
{
    ptrdiff_t chunks = 0;
    for (dp_step_array *a = arrays; a < arrays + n_arrays; a++) {
        a->n = 1;
        for (int k = 0; k < a->axes; k++) {
            a->n *= a->shape[k];
        }
        a->dense = is_dense(a, a->w, a->w_stride);
        for (int s = 0; s < a->states; s++) {
            a->dense &= is_dense(a, a->state[s], a->state_stride[s]);
        }
        a->first_chunk = chunks;
        chunks += a->n / DP_STEP_CHUNK + (a->n % DP_STEP_CHUNK != 0);
    }
}

dp_step_gradient
dp_step_gradient_of(const dp_step_array *a, const char *g, const ptrdiff_t *stride)
{
    return (dp_step_gradient){g, stride, a->dense && is_dense(a, g, stride)};
}

/* n values with a stride to values without gaps, or back. */
static void
copy_run(char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride,
         ptrdiff_t n, dp_compute compute)
{
    if (compute == DP_f32) {
        for (ptrdiff_t i = 0; i < n; i++) {
            memcpy(to + i * to_stride, from + i * from_stride, sizeof(float));
        }
    }
    else {
        for (ptrdiff_t i = 0; i < n; i++) {
            memcpy(to + i * to_stride, from + i * from_stride, sizeof(double));
        }
    }
}

/* Values first .. first + n - 1 of strided memory into a tile, or back from it. */
static void
copy_tile(const dp_step_array *a, char *memory, const ptrdiff_t *stride,
          ptrdiff_t first, ptrdiff_t n, char *tile, int back)
{
    const ptrdiff_t size = (ptrdiff_t)dp_compute_size(a->compute);
    const int inner = a->axes - 1;
    ptrdiff_t at[DP_STEP_AXES_MAX];
    if (a->axes == 0) {
        copy_run(back ? memory : tile, size, back ? tile : memory, size, n, a->compute);
        return;
    }
    for (int k = inner; k >= 0; k--) {
        at[k] = first % a->shape[k];
        first /= a->shape[k];
        memory += at[k] * stride[k];
    }
    while (n > 0) {
        const ptrdiff_t left = a->shape[inner] - at[inner];
        const ptrdiff_t run = n < left ? n : left;
        if (back) {
            copy_run(memory, stride[inner], tile, size, run, a->compute);
        }
        else {
            copy_run(tile, size, memory, stride[inner], run, a->compute);
        }
        tile += run * size;
        n -= run;
        memory += run * stride[inner];
        at[inner] += run;
        for (int k = inner; k > 0 && at[k] == a->shape[k]; k--) {
            memory += stride[k - 1] - a->shape[k] * stride[k];
            at[k] = 0;
            at[k - 1]++;
        }
    }
}

static void
step_tile(const dp_step_job *job, const dp_step_array *a, const dp_step_gradient *g,
          const dp_step_numbers *numbers, ptrdiff_t first, ptrdiff_t n)
{
    _Alignas(64) char w[TILE * sizeof(double)];
    _Alignas(64) char gradient[TILE * sizeof(double)];
    _Alignas(64) char states[DP_STEP_STATES_MAX][TILE * sizeof(double)];
    void *state[DP_STEP_STATES_MAX];
    /* Only read: the cast drops a const for the sake of the one function. */
    copy_tile(a, (char *)(uintptr_t)g->g, g->stride, first, n, gradient, 0);
    copy_tile(a, a->w, a->w_stride, first, n, w, 0);
    for (int s = 0; s < a->states; s++) {
        state[s] = states[s];
        copy_tile(a, a->state[s], a->state_stride[s], first, n, state[s], 0);
    }
    const dp_step_kernels *kernels = dp_step_table[job->target][a->compute];
    if (numbers->with_common) {
        kernels->prepare(w, gradient, gradient, n, &numbers->common);
    }
    kernels->step[job->step](w, gradient, state, n, numbers->scalars);
    copy_tile(a, a->w, a->w_stride, first, n, w, 1);
    for (int s = 0; s < a->states; s++) {
        copy_tile(a, a->state[s], a->state_stride[s], first, n, state[s], 1);
    }
}

/* Dense values; with what comes before the step tile by tile, so that memory is passed
 * over once. */
static void
step_dense(const dp_step_job *job, const dp_step_array *a, const char *g,
           const dp_step_numbers *numbers, ptrdiff_t first, ptrdiff_t n)
{
    _Alignas(64) char prepared[TILE * sizeof(double)];
    const dp_step_kernels *kernels = dp_step_table[job->target][a->compute];
    const ptrdiff_t size = (ptrdiff_t)dp_compute_size(a->compute);
    void *state[DP_STEP_STATES_MAX];
    const ptrdiff_t at_once = numbers->with_common ? TILE : n;
    for (ptrdiff_t i = first; i < first + n; i += at_once) {
        const ptrdiff_t left = first + n - i;
        const ptrdiff_t count = left < at_once ? left : at_once;
        const char *gradient = g + i * size;
        for (int s = 0; s < a->states; s++) {
            state[s] = a->state[s] + i * size;
        }
        if (numbers->with_common) {
            kernels->prepare(a->w + i * size, gradient, prepared, count,
                             &numbers->common);
            gradient = prepared;
        }
        kernels->step[job->step](a->w + i * size, gradient, state, count,
                                 numbers->scalars);
    }
}

static void
step_chunk(const dp_step_job *job, ptrdiff_t k, ptrdiff_t first, ptrdiff_t n)
{
    const dp_step_array *a = &job->arrays[k];
    const dp_step_gradient *g = &job->gradients[k];
    const dp_step_numbers *numbers = &job->numbers[job->each ? k : 0];
    if (g->dense) {
        step_dense(job, a, g->g, numbers, first, n);
        return;
    }
    for (ptrdiff_t i = 0; i < n; i += TILE) {
        step_tile(job, a, g, numbers, first + i, n - i < TILE ? n - i : TILE);
    }
}

static int
step_task(void *context, ptrdiff_t task, int worker)
{
    const dp_step_job *job = context;
    ptrdiff_t k = 0, end = job->n_arrays; /* the last array with first_chunk <= task */
    (void)worker;
    while (end - k > 1) {
        const ptrdiff_t middle = k + (end - k) / 2;
        if (job->arrays[middle].first_chunk <= task) {
            k = middle;
        }
        else {
            end = middle;
        }
    }
    const ptrdiff_t first = (task - job->arrays[k].first_chunk) * DP_STEP_CHUNK;
    const ptrdiff_t left = job->arrays[k].n - first;
    step_chunk(job, k, first, left < DP_STEP_CHUNK ? left : DP_STEP_CHUNK);
    return 0;
}

void
dp_step_run(dp_step_job *job, int threads)
{
    const ptrdiff_t states = job->n_arrays > 0 ? job->arrays[0].states : 0;
    const ptrdiff_t worth = job->n / (DP_STEP_PER_THREAD / (1 + states));
    threads = worth < threads ? (int)worth : threads;
    if (threads > 1) {
        const dp_step_array *last = &job->arrays[job->n_arrays - 1];
        const ptrdiff_t chunks = last->first_chunk + last->n / DP_STEP_CHUNK +
                                 (last->n % DP_STEP_CHUNK != 0);
        dp_parallel(chunks, threads, step_task, NULL, job);
        return;
    }
    for (ptrdiff_t k = 0; k < job->n_arrays; k++) {
        step_chunk(job, k, 0, job->arrays[k].n);
    }
}
