/* The landscapes' functions in one table. */
#include "kernels/landscape/landscape.h"

#include <math.h>

/* M_PI is not standard C. */
static const double pi = 3.14159265358979323846;

#include "kernels/landscapes.def"

/* Inlined once for each landscape, so that the plain loop becomes vector code where its
 * value does. */
static inline void
row_of(dp_landscape_value *value, const double *p, const double *x, double y,
       ptrdiff_t n, double *f)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        f[i] = value(p, x[i], y);
    }
}

#define LANDSCAPE(name, parameters)                                                    \
    static void row_##name(const double *p, const double *x, double y, ptrdiff_t n,    \
                           double *f)                                                  \
    {                                                                                  \
        row_of(value_##name, p, x, y, n, f);                                           \
    }
#include "kernels/landscapes.def"
#undef LANDSCAPE

#define LANDSCAPE(name, parameters)                                                    \
    _Static_assert(parameters <= DP_LANDSCAPE_PARAMETERS_MAX,                          \
                   #name " needs a larger limit in landscape.h");
#include "kernels/landscapes.def"
#undef LANDSCAPE

const dp_landscape_kernels dp_landscapes[DP_LANDSCAPE_COUNT] = {
#define LANDSCAPE(name, parameters)                                                    \
    [DP_LANDSCAPE_##name] = {#name,           parameters,     value_##name,            \
                             gradient_##name, hessian_##name, row_##name},
#include "kernels/landscapes.def"
#undef LANDSCAPE
};
