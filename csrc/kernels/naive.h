/* The losses of a linear classifier as the course's assignments first ask for them: loops
 * over examples, classes and features, one number after the other, in float64. To be
 * read, and to be compared in speed with the passes of engine/linear_pass.h.
 *
 * W is (D, C) here, as in the assignments. Plain C on every target, no FMA, exp and log
 * of libm: the bits of the same loops in Python (reference/naive.py), which calls them
 * too.
 */
#ifndef DP_NAIVE_H
#define DP_NAIVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const double *W;  /* (D, C), row by row */
    const double *X;  /* (N, D), row by row */
    const int64_t *y; /* (N,) labels in 0 .. C - 1 */
    ptrdiff_t N, D, C;
    double reg;
    double *s;   /* (C,) for an example's scores */
    double loss; /* out; 0 at first */
    double *dW;  /* (D, C) out, row by row; zeros at first */
} dp_naive_problem;

/* Adds the losses of examples first .. end - 1, and their gradients. */
typedef void
dp_naive_examples(dp_naive_problem *p, ptrdiff_t first, ptrdiff_t end);

dp_naive_examples dp_naive_svm, dp_naive_softmax;

/* After the last example: sums to means, and the regularizer. */
void
dp_naive_finish(dp_naive_problem *p);

#endif
