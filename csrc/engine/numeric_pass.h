/* The complete numeric gradient of a linear loss. No Python; the caller checks the
 * arguments and owns all memory.
 *
 * Perturbing W[c, d] changes the scores of class c alone, by the step times x[d]: so the
 * loss is evaluated again from that column of the scores, never from W. Everything is
 * float64, from the values of W and X as they are stored.
 */
#ifndef DP_NUMERIC_PASS_H
#define DP_NUMERIC_PASS_H

#include "engine/linear_pass.h"

typedef struct {
    double h;
    int forward;     /* (L(W + h) - L(W)) / h, or from W - h to W + h */
    ptrdiff_t block; /* features that a task varies */
    int threads;
    size_t pass_bytes; /* of scratch for a tile's scores */
    size_t bytes;      /* of all scratch, 64-byte aligned; SIZE_MAX: too much */
} dp_numeric_plan;

/* The plan for a job (W, X, b, y, index, loss, parameter, l1, l2, target); `threads` is
 * an upper bound. */
dp_numeric_plan
dp_numeric_make_plan(const dp_linear_job *job, double h, int forward, int threads);

/* Fills job->dW, float64; 0, or 1 when interrupted: dW is untouched then. */
int
dp_numeric_run(dp_linear_job *job, const dp_numeric_plan *plan, void *scratch);

#endif
