/* L-BFGS by reverse communication; no Python, memory from the caller.
 *
 * D. C. Liu, J. Nocedal, "On the limited memory BFGS method for large scale
 * optimization", Mathematical Programming 45, 503-528, 1989; J. Nocedal, S. J. Wright,
 * "Numerical Optimization", 2nd edition, 2006, algorithm 7.4. The caller evaluates f and
 * its gradient at `trial` and tells. All in float64, on one thread.
 */
#ifndef DP_LBFGS_H
#define DP_LBFGS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/line_search.h"

typedef enum {
    DP_LBFGS_START,      /* nothing was told yet */
    DP_LBFGS_ITERATE,    /* a new iterate was accepted */
    DP_LBFGS_SEARCHING,  /* the line search goes on */
    DP_LBFGS_FLAT,       /* the gradient is 0 */
    DP_LBFGS_STUCK,      /* no lower point, not along steepest descent either, or none
                          * for long */
    DP_LBFGS_UNBOUNDED,  /* f is -inf, or falls as far as the line search goes */
    DP_LBFGS_NOT_FINITE, /* f or its gradient is not finite where it starts */
} dp_lbfgs_state;

typedef struct {
    ptrdiff_t n;
    int m;      /* pairs that are kept */
    int single; /* points are rounded to float32 */
    dp_search_options options;
    dp_lbfgs_state state;
    double *x, *g;           /* the iterate and its gradient */
    double *trial, *g_trial; /* where f is wanted, and the gradient there */
    double *low, *g_low;     /* the lowest point of this line search */
    double f_low;            /* f there */
    double *d;               /* the direction */
    double *S, *Y;           /* m x n: steps and differences of gradients, a ring */
    double *rho, *alpha;     /* m: 1 / y's; of the recursion */
    int pairs, next;         /* how many there are, where the next one goes */
    double f;                /* at x */
    double slope;            /* g'd */
    double scale;            /* of the initial inverse Hessian: y's / y'y */
    double promised;         /* how much the first step from x would lower a line */
    double least_f, least_g; /* the smallest f and largest entry of g of any iterate */
    int fruitless;           /* iterates since one of them fell */
    int64_t iteration, evaluations, resets;
    dp_line_search search;
} dp_lbfgs;

/* Bytes of memory for n values and m pairs; SIZE_MAX when no machine has so much. */
size_t
dp_lbfgs_bytes(ptrdiff_t n, int m);

/* Begins at x0, in memory of that size, 64-byte aligned. */
void
dp_lbfgs_start(dp_lbfgs *o, ptrdiff_t n, int m, int single,
               const dp_search_options *options, const double *x0, void *memory);

/* Takes f and its gradient at o->trial. After a state that ends it, nothing changes. */
dp_lbfgs_state
dp_lbfgs_tell(dp_lbfgs *o, double f, const double *g);

/* Replaces f and the gradient at the iterate, as of another minibatch, and begins the line
 * search anew; the pairs stay. Only in the state DP_LBFGS_ITERATE. */
dp_lbfgs_state
dp_lbfgs_renew(dp_lbfgs *o, double f, const double *g);

/* Pair i of o->pairs, the oldest first: its place in the ring. */
int
dp_lbfgs_place(const dp_lbfgs *o, int i);

#endif
