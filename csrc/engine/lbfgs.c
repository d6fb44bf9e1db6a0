#include "engine/lbfgs.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/vectors.h"

/* The first step along steepest descent is at least this share of x: a gradient may be
 * tiny because f is. */
#define LEAST_STEP 1e-6

/* Where rounding hides what steps gain, iterates need not be lower: after so many without
 * a smaller f or gradient, it is noise that they follow. */
#define PATIENCE 20

static size_t
aligned(ptrdiff_t n)
{
    return ((size_t)n * sizeof(double) + 63) / 64 * 64;
}

size_t
dp_lbfgs_bytes(ptrdiff_t n, int m)
{
    const size_t vectors = 7 + 2 * (size_t)m;
    if ((size_t)n > (SIZE_MAX / 2 / sizeof(double) - 64) / vectors) {
        return SIZE_MAX;
    }
    return vectors * aligned(n) + 2 * aligned(m);
}

void
dp_lbfgs_start(dp_lbfgs *o, ptrdiff_t n, int m, int single,
               const dp_search_options *options, const double *x0, void *memory)
{
    char *at = memory;
    *o = (dp_lbfgs){
        .n = n, .m = m, .single = single, .options = *options, .f = NAN, .scale = 1};
    double **const vectors[] = {&o->x,   &o->g,     &o->trial, &o->g_trial,
                                &o->low, &o->g_low, &o->d};
    /* The pairs are written before they are read: what many of them would take is not
     * touched before there are so many. */
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        *vectors[i] = (double *)(void *)at;
        memset(at, 0, aligned(n));
        at += aligned(n);
    }
    o->S = (double *)(void *)at;
    o->Y = (double *)(void *)(at + (size_t)m * aligned(n));
    at += 2 * (size_t)m * aligned(n);
    o->rho = (double *)(void *)at;
    o->alpha = (double *)(void *)(at + aligned(m));
    memcpy(o->x, x0, (size_t)n * sizeof(double));
    memcpy(o->trial, x0, (size_t)n * sizeof(double));
}

int
dp_lbfgs_place(const dp_lbfgs *o, int i)
{
    return (o->next - o->pairs + i + o->m) % o->m;
}

/* Row `place` of S or Y. */
static double *
row(const dp_lbfgs *o, double *ring, int place)
{
    return ring + (size_t)place * (aligned(o->n) / sizeof(double));
}

static void
swap(double **a, double **b)
{
    double *const c = *a;
    *a = *b;
    *b = c;
}

/* ---- the direction ---------------------------------------------------------------- */

/* d = -H g by the two-loop recursion, and g'd. The new q of one pair is multiplied by
 * the next pair's vector on the same walk. */
static void
two_loops(dp_lbfgs *o)
{
    const ptrdiff_t n = o->n;
    const int last = o->pairs - 1;
    double *const q = o->d;
    memcpy(q, o->g, (size_t)n * sizeof(double));
    double product = dp_dot(row(o, o->S, dp_lbfgs_place(o, last)), q, n);
    for (int i = last; i >= 0; i--) {
        const int at = dp_lbfgs_place(o, i);
        o->alpha[at] = o->rho[at] * product;
        const double *const next = row(o, o->S, dp_lbfgs_place(o, i > 0 ? i - 1 : 0));
        product = dp_axpy_dot(q, -o->alpha[at], row(o, o->Y, at), next, n);
    }
    product = dp_scale_dot(q, o->scale, row(o, o->Y, dp_lbfgs_place(o, 0)), n);
    for (int i = 0; i <= last; i++) {
        const int at = dp_lbfgs_place(o, i);
        const double beta = o->rho[at] * product;
        const double *const next =
            i < last ? row(o, o->Y, dp_lbfgs_place(o, i + 1)) : o->g;
        product = dp_axpy_dot(q, o->alpha[at] - beta, row(o, o->S, at), next, n);
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        q[i] = -q[i];
    }
    o->slope = -product;
}

/* d = -g / |g|, so that no product overflows or vanishes; returns the first step. */
static double
steepest(dp_lbfgs *o)
{
    const double norm = dp_norm(o->g, o->n);
    for (ptrdiff_t i = 0; i < o->n; i++) {
        o->d[i] = -(o->g[i] / norm);
    }
    o->slope = -norm;
    return fmin(1, fmax(norm, LEAST_STEP * fmax(1, dp_max_abs(o->x, o->n))));
}

/* ---- the line search -------------------------------------------------------------- */

/* trial = x + step d, rounded to what the caller can hold; whether it is another point. */
static int
move_trial(dp_lbfgs *o)
{
    const double step = o->search.step;
    ptrdiff_t moved = 0;
    for (ptrdiff_t i = 0; i < o->n; i++) {
        double to = o->x[i] + step * o->d[i];
        to = o->single ? (double)(float)to : to;
        o->trial[i] = to;
        moved += to != o->x[i];
    }
    return moved > 0;
}

/* Begins a line search from x: along the quasi-Newton direction, or, without pairs or
 * where it does not lead down or anywhere, along steepest descent. */
static dp_lbfgs_state
search_along(dp_lbfgs *o)
{
    if (dp_max_abs(o->g, o->n) == 0) {
        return DP_LBFGS_FLAT;
    }
    if (o->pairs > 0) {
        two_loops(o);
        if (o->slope < 0 && isfinite(o->slope)) {
            dp_search_start(&o->search, &o->options, o->f, o->slope, 1);
            o->promised = -o->slope;
            if (move_trial(o)) {
                return DP_LBFGS_ITERATE;
            }
        }
        o->pairs = 0;
        o->resets++;
    }
    const double step = steepest(o);
    dp_search_start(&o->search, &o->options, o->f, o->slope, step);
    o->promised = -o->slope * step;
    return move_trial(o) ? DP_LBFGS_ITERATE : DP_LBFGS_STUCK;
}

/* Keeps s = to - x and y = its gradient - g, if y's is positive beyond rounding of the
 * slope along s: relative to that, as f may be of any scale. */
static void
keep_pair(dp_lbfgs *o, const double *to, const double *g_to)
{
    const ptrdiff_t n = o->n;
    double *const s = row(o, o->S, o->next), *const y = row(o, o->Y, o->next);
    for (ptrdiff_t i = 0; i < n; i++) {
        s[i] = to[i] - o->x[i];
        y[i] = g_to[i] - o->g[i];
    }
    const double ys = dp_dot(y, s, n), norm = dp_norm(y, n); /* y'y may overflow */
    const double slope = fabs(dp_dot(o->g, s, n));
    if (!(ys > DBL_EPSILON * slope) || !isfinite(norm) || !isfinite(1 / ys)) {
        return; /* where there were m pairs, the oldest one is gone */
    }
    o->rho[o->next] = 1 / ys;
    o->scale = ys / norm / norm;
    o->next = (o->next + 1) % o->m;
    o->pairs = o->pairs < o->m ? o->pairs + 1 : o->m;
}

/* Takes note of an iterate; whether f or the gradient is smaller than ever, or was not
 * long ago. */
static int
fruitful(dp_lbfgs *o)
{
    const double top = dp_max_abs(o->g, o->n);
    o->fruitless = o->f < o->least_f || top < o->least_g ? 0 : o->fruitless + 1;
    o->least_f = fmin(o->least_f, o->f);
    o->least_g = fmin(o->least_g, top);
    return o->fruitless < PATIENCE;
}

/* The point becomes the iterate, and the next line search begins. */
static dp_lbfgs_state
accept(dp_lbfgs *o, double f, double **to, double **g_to)
{
    if (o->pairs == o->m) {
        o->pairs--; /* its row is about to be written */
    }
    keep_pair(o, *to, *g_to);
    swap(&o->x, to);
    swap(&o->g, g_to);
    o->f = f;
    o->iteration++;
    return fruitful(o) ? search_along(o) : DP_LBFGS_STUCK;
}

/* The line search found no lower point: once more along steepest descent, else stuck. */
static dp_lbfgs_state
begin_anew(dp_lbfgs *o)
{
    if (o->pairs == 0) {
        return DP_LBFGS_STUCK;
    }
    const double promised = o->promised; /* of the better direction */
    o->pairs = 0;
    o->resets++;
    const dp_lbfgs_state state = search_along(o);
    o->promised = promised;
    return state == DP_LBFGS_ITERATE ? DP_LBFGS_SEARCHING : state;
}

static dp_lbfgs_state
go_on(dp_lbfgs *o, double f)
{
    const double slope = dp_dot(o->g_trial, o->d, o->n);
    const dp_search_state state = dp_search_tell(&o->search, f, slope);
    if (state == DP_SEARCH_FOUND) {
        return accept(o, f, &o->trial, &o->g_trial);
    }
    if (o->search.improved) {
        swap(&o->trial, &o->low);
        swap(&o->g_trial, &o->g_low);
        o->f_low = f;
    }
    if (state == DP_SEARCH_EVALUATE && move_trial(o)) {
        return DP_LBFGS_SEARCHING;
    }
    const dp_search_point *const best = &o->search.best;
    if (!(best->step > 0 && best->f < 0)) {
        return begin_anew(o);
    }
    const int unbounded = state == DP_SEARCH_AT_MOST && !o->search.cut;
    const dp_lbfgs_state next = accept(o, o->f_low, &o->low, &o->g_low);
    return unbounded ? DP_LBFGS_UNBOUNDED : next;
}

/* Begins at x, whose gradient is in g, with what no line search has checked. */
static dp_lbfgs_state
begin_at(dp_lbfgs *o, double f)
{
    o->f = o->least_f = f;
    o->least_g = dp_max_abs(o->g, o->n);
    o->fruitless = 0;
    if (f == -HUGE_VAL) {
        return DP_LBFGS_UNBOUNDED;
    }
    if (!isfinite(f) || !isfinite(o->least_g)) {
        return DP_LBFGS_NOT_FINITE;
    }
    return search_along(o);
}

dp_lbfgs_state
dp_lbfgs_tell(dp_lbfgs *o, double f, const double *g)
{
    if (o->state > DP_LBFGS_SEARCHING) {
        return o->state;
    }
    memcpy(o->g_trial, g, (size_t)o->n * sizeof(double));
    o->evaluations++;
    if (o->state != DP_LBFGS_START && f != -HUGE_VAL) {
        return o->state = go_on(o, f);
    }
    swap(&o->x, &o->trial);
    swap(&o->g, &o->g_trial);
    o->iteration += o->state != DP_LBFGS_START;
    return o->state = begin_at(o, f);
}

dp_lbfgs_state
dp_lbfgs_renew(dp_lbfgs *o, double f, const double *g)
{
    if (o->state == DP_LBFGS_ITERATE) {
        memcpy(o->g, g, (size_t)o->n * sizeof(double));
        o->evaluations++;
        o->state = begin_at(o, f);
    }
    return o->state;
}
