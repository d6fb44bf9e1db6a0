/* The dense inverse Hessian of BFGS; no Python. */
#ifndef DP_BFGS_H
#define DP_BFGS_H

#include <stddef.h>

/* H, (n, n) and symmetric, by the rank-two update with s and y, ys = y's > 0:
 *     H <- (I - s y' / ys) H (I - y s' / ys) + s s' / ys
 * (Nocedal and Wright 2006, (6.17)); then d = -H g. `work` holds n values. H stays
 * symmetric to the bit. */
void
dp_bfgs_update(double *H, const double *s, const double *y, double ys, const double *g,
               double *d, double *work, ptrdiff_t n);

/* d = -H g. */
void
dp_bfgs_direction(const double *H, const double *g, double *d, ptrdiff_t n);

#endif
