/* Landscapes: functions of two variables, f(x, y), with gradient and Hessian, for
 * figures and for optimizers to walk in.
 *
 * Unlike the other families they exist once: in float64, in standard C for every target,
 * without FMA, and with libm's sqrt, hypot, sin, cos, exp and expm1. So a point has the
 * same bits alone, among many and on a grid; those of the transcendental ones are as good
 * as the machine's libm.
 */
#ifndef DP_LANDSCAPE_H
#define DP_LANDSCAPE_H

#include <stddef.h>

typedef enum {
#define LANDSCAPE(name, parameters) DP_LANDSCAPE_##name,
#include "kernels/landscapes.def"
#undef LANDSCAPE
    DP_LANDSCAPE_COUNT
} dp_landscape;

/* At most this many parameters belong to a landscape. */
#define DP_LANDSCAPE_PARAMETERS_MAX 4

typedef double
dp_landscape_value(const double *p, double x, double y);

/* out: 2 partial derivatives, or the 2 x 2 second ones. */
typedef void
dp_landscape_derivative(const double *p, double x, double y, double *out);

typedef struct {
    const char *name;
    int parameters;
    dp_landscape_value *value;
    dp_landscape_derivative *gradient, *hessian;
    /* f[i] = f(x[i], y), i < n: part of a grid's row. */
    void (*row)(const double *p, const double *x, double y, ptrdiff_t n, double *f);
} dp_landscape_kernels;

extern const dp_landscape_kernels dp_landscapes[DP_LANDSCAPE_COUNT];

#endif
