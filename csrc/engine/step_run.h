/* One step of an optimizer over a list of arrays, by the thread pool; no Python.
 *
 * Steps are elementwise, so their bits depend neither on chunks nor on threads. Chunks
 * have a fixed size; few values are stepped on the calling thread alone.
 */
#ifndef DP_STEP_RUN_H
#define DP_STEP_RUN_H

#include "kernels/kernels.h"

#define DP_STEP_AXES_MAX 64
/* Values that one task works on. */
#define DP_STEP_CHUNK 65536
/* Parameters and states that are worth a thread: two threads for twice as many (AMD EPYC:
 * SGD breaks even at 500,000 parameters, Adam at 180,000). */
#define DP_STEP_PER_THREAD 262144

/* One array of parameters with its states: writable memory of one shape, in any strides
 * (in bytes). Axes are in the order of the parameters' memory, outermost first, none of
 * length 1. */
typedef struct {
    dp_compute compute;
    int states, axes;
    ptrdiff_t n;           /* values: the product of shape */
    ptrdiff_t first_chunk; /* chunks of the arrays before this one */
    const ptrdiff_t *shape;
    char *w;
    const ptrdiff_t *w_stride;
    char *state[DP_STEP_STATES_MAX];
    const ptrdiff_t *state_stride[DP_STEP_STATES_MAX];
    int dense; /* all of them aligned, without gaps and in the same order */
} dp_step_array;

/* The gradient of such an array at one step. */
typedef struct {
    const char *g;
    const ptrdiff_t *stride;
    int dense; /* the array is dense, and the gradient has its strides and is aligned */
} dp_step_gradient;

/* What an array's step is computed with. */
typedef struct {
    double scalars[DP_STEP_SCALARS_MAX];
    dp_step_common common;
    int with_common; /* or nothing comes before the step */
} dp_step_numbers;

typedef struct {
    dp_target target;
    dp_step step;
    ptrdiff_t n_arrays;
    ptrdiff_t n; /* values in all arrays */
    const dp_step_array *arrays;
    const dp_step_gradient *gradients;
    const dp_step_numbers *numbers; /* of each array, or one for all */
    int each;                       /* which of the two */
} dp_step_job;

/* Completes arrays whose memory, shapes and strides are set: n, dense, first_chunk. */
void
dp_step_prepare(dp_step_array *arrays, ptrdiff_t n_arrays);

/* The gradient at g, whose strides have the array's order of axes. */
dp_step_gradient
dp_step_gradient_of(const dp_step_array *a, const char *g, const ptrdiff_t *stride);

void
dp_step_run(dp_step_job *job, int threads);

#endif
