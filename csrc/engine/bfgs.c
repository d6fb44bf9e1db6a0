#include "engine/bfgs.h"

#include "engine/vectors.h"

void
dp_bfgs_direction(const double *H, const double *g, double *d, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        d[i] = -dp_dot(H + i * n, g, n);
    }
}

/* Multiplied out with u = H y:  H + (1 + y'u / ys) s s' / ys - (u s' + s u') / ys. Each
 * row is read for u, then read, written and multiplied by g on one walk. */
void
dp_bfgs_update(double *H, const double *s, const double *y, double ys, const double *g,
               double *d, double *work, ptrdiff_t n)
{
    double *const u = work;
    for (ptrdiff_t i = 0; i < n; i++) {
        u[i] = dp_dot(H + i * n, y, n);
    }
    const double b = 1 / ys;
    const double a = (1 + dp_dot(y, u, n) / ys) / ys;
    for (ptrdiff_t i = 0; i < n; i++) {
        double *const h = H + i * n;
        for (ptrdiff_t j = 0; j < n; j++) {
            /* products and sums that are the same with i and j exchanged */
            h[j] += a * (s[i] * s[j]) - b * (u[i] * s[j] + s[i] * u[j]);
        }
        d[i] = -dp_dot(h, g, n);
    }
}
