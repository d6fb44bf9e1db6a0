/* A landscape on a grid or at many points, by the thread pool; no Python.
 *
 * Every value is computed alone, so its bits depend neither on chunks nor on threads.
 */
#ifndef DP_LANDSCAPE_RUN_H
#define DP_LANDSCAPE_RUN_H

#include "kernels/landscape/landscape.h"

/* Values, or points, that one task works on: some 50 us of the cheapest landscape. */
#define DP_LANDSCAPE_CHUNK 32768

typedef enum {
    DP_LANDSCAPE_VALUES,    /* values: one a point */
    DP_LANDSCAPE_GRADIENTS, /* values, and derivatives: 2 a point */
    DP_LANDSCAPE_HESSIANS,  /* derivatives: 2 x 2 a point */
} dp_landscape_goal;

typedef struct {
    dp_landscape landscape;
    double parameters[DP_LANDSCAPE_PARAMETERS_MAX];
    /* A grid: the values (ny, nx) at all x[i], y[j]; goal DP_LANDSCAPE_VALUES. */
    const double *x, *y;
    ptrdiff_t nx, ny;
    /* Or, when not NULL, n points (n, 2). */
    const double *points;
    ptrdiff_t n;
    dp_landscape_goal goal;
    double *values, *derivatives;
    /* Asked on the calling thread after each of its tasks; anything but 0 ends the run.
     * May be NULL. */
    int (*interrupted)(void *context);
    void *interrupted_context;
} dp_landscape_job;

/* 0, or 1 when interrupted. */
int
dp_landscape_run(const dp_landscape_job *job, int threads);

#endif
