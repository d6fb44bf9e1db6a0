#include "engine/vectors.h"

#include <math.h>

#define LANES 8 /* of float64 in 64 bytes, as everywhere in this project */

static double
combine(const double *lane)
{
    const double a = lane[0] + lane[4], b = lane[1] + lane[5];
    const double c = lane[2] + lane[6], d = lane[3] + lane[7];
    return (a + c) + (b + d);
}

double
dp_dot(const double *a, const double *b, ptrdiff_t n)
{
    double lane[LANES] = {0};
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += a[i + l] * b[i + l];
        }
    }
    for (int l = 0; i < n; i++, l++) {
        lane[l] += a[i] * b[i];
    }
    return combine(lane);
}

double
dp_axpy_dot(double *restrict q, double factor, const double *v, const double *w,
            ptrdiff_t n)
{
    double lane[LANES] = {0};
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            const double new = q[i + l] + factor *v[i + l];
            q[i + l] = new;
            lane[l] += new *w[i + l];
        }
    }
    for (int l = 0; i < n; i++, l++) {
        q[i] += factor * v[i];
        lane[l] += q[i] * w[i];
    }
    return combine(lane);
}

double
dp_scale_dot(double *restrict q, double factor, const double *w, ptrdiff_t n)
{
    double lane[LANES] = {0};
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            const double new = factor *q[i + l];
            q[i + l] = new;
            lane[l] += new *w[i + l];
        }
    }
    for (int l = 0; i < n; i++, l++) {
        q[i] *= factor;
        lane[l] += q[i] * w[i];
    }
    return combine(lane);
}

double
dp_max_abs(const double *a, ptrdiff_t n)
{
    double top = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double size = fabs(a[i]);
        if (!(size <= top)) {
            top = size; /* a NaN stays: no size is <= it */
        }
        if (isnan(top)) {
            break;
        }
    }
    return top;
}

/* The sum of (factor a[i])^2. */
static double
squares(const double *a, double factor, ptrdiff_t n)
{
    double lane[LANES] = {0};
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += (factor * a[i + l]) * (factor * a[i + l]);
        }
    }
    for (int l = 0; i < n; i++, l++) {
        lane[l] += (factor * a[i]) * (factor * a[i]);
    }
    return combine(lane);
}

/* Where squares leave the safe range, by a power of two and back, which rounds nothing. */
double
dp_norm(const double *a, ptrdiff_t n)
{
    const double square = squares(a, 1, n);
    if (square > 0x1p-900 && square < 0x1p+1000) {
        return sqrt(square);
    }
    const double top = dp_max_abs(a, n);
    if (top == 0 || !isfinite(top)) {
        return top;
    }
    int exponent;
    (void)frexp(top, &exponent);
    const double half = ldexp(1, -exponent / 2),
                 rest = ldexp(1, -exponent + exponent / 2);
    /* in two factors: 2^-exponent itself may overflow */
    double sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double value = a[i] * half * rest;
        sum += value * value;
    }
    return sqrt(sum) / half / rest;
}
