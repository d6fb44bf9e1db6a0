/* Gradient descent on a linear loss, many steps in one call: gather by index, loss and
 * gradient, optimizer step. No Python; the caller checks the arguments and owns all
 * memory.
 *
 * W and the optimizer's states are packed once, stepped where they lie, and brought back
 * at the end of the call; each step has the bits of a pass and a step by themselves.
 */
#ifndef DP_DESCENT_H
#define DP_DESCENT_H

#include "engine/linear_pass.h"

typedef struct {
    dp_linear_job
        *linear; /* goal DP_LOSS_GRADIENT; W is written; its dtype is compute */
    dp_step step;
    const double *hyper;                  /* of the step, with any lr */
    const double *common;                 /* DP_STEP_COMMON_HYPERS, or NULL */
    dp_matrix states[DP_STEP_STATES_MAX]; /* (C, D) of W's dtype, written */
    int64_t t;                            /* steps taken before this call */
    double seconds; /* no further step is begun once this time has passed */

    ptrdiff_t steps;     /* at most this many */
    const double *rates; /* (steps,) lr of each */
    const int64_t
        *sizes;        /* (steps,) examples of each, whose positions follow one another
                             in linear->index; NULL: all examples */
    ptrdiff_t largest; /* of the sizes; a size that is more by then is not stepped */
    double *losses;    /* (steps,) out: the loss that each step started from */
    double *times;     /* (steps,) out: seconds from the call's begin to each's end */
    ptrdiff_t done;    /* out: steps taken */
} dp_descent;

/* Bytes of scratch that dp_descent_run wants with at most `threads` threads, 64-byte
 * aligned; SIZE_MAX: too much. */
size_t
dp_descent_bytes(const dp_descent *d, int threads);

/* Takes the steps; 0, or 1 when interrupted: W and states are those after `done` steps. */
int
dp_descent_run(dp_descent *d, int threads, void *scratch);

#endif
