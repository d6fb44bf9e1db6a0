/* Sums over float64 vectors whose bits depend on nothing but the values: eight lanes in
 * their order, combined by halving. No Python.
 */
#ifndef DP_VECTORS_H
#define DP_VECTORS_H

#include <stddef.h>

/* sum of a[i] b[i] */
double
dp_dot(const double *a, const double *b, ptrdiff_t n);

/* q += factor v, and the sum of the new q[i] w[i]: one walk where two would read q again. */
double
dp_axpy_dot(double *q, double factor, const double *v, const double *w, ptrdiff_t n);

/* q *= factor, and the sum of the new q[i] w[i]. */
double
dp_scale_dot(double *q, double factor, const double *w, ptrdiff_t n);

/* The largest |a[i]|; NaN if there is one. */
double
dp_max_abs(const double *a, ptrdiff_t n);

/* The Euclidean norm, also where squares would overflow or vanish. */
double
dp_norm(const double *a, ptrdiff_t n);

#endif
