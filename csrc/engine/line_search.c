#include "engine/line_search.h"

#include <math.h>

/* The extrapolation of section 4: the next trial lies 1.1 to 4 times the last distance
 * beyond the last. */
#define EXTRAPOLATE_LEAST 1.1
#define EXTRAPOLATE_MOST 4.0
/* Two trials that do not shorten the interval to this share of itself are followed by a
 * bisection (section 3); the same share bounds a step towards the far end (case 3). */
#define SHRINK 0.66
/* A trial that is not finite is cut to this share of its distance: overflow often lies
 * orders of magnitude away. */
#define CUT 0.1

static double
largest(double a, double b, double c)
{
    return fmax(fmax(fabs(a), fabs(b)), fabs(c));
}

/* The minimizer of the cubic through both points' values and slopes, as a share of the
 * way from a to b; *gamma is 0 where the cubic has no minimizer. */
static double
cubic(const dp_search_point *a, const dp_search_point *b, double *gamma)
{
    const double theta = 3 * (a->f - b->f) / (b->step - a->step) + a->slope + b->slope;
    const double s = largest(theta, a->slope, b->slope);
    const double root = (theta / s) * (theta / s) -
                        (a->slope / s) * (b->slope / s); /* s: no overflow */
    *gamma = s * sqrt(fmax(0, root)) * (b->step < a->step ? -1 : 1);
    return (*gamma - a->slope + theta) / (*gamma - a->slope + *gamma + b->slope);
}

/* The zero of the slope's secant, as a share of the way from a to b. */
static double
secant(const dp_search_point *a, const dp_search_point *b)
{
    return a->slope / (a->slope - b->slope);
}

/* The minimizer of the parabola through a's value and slope and b's value. */
static double
parabola(const dp_search_point *a, const dp_search_point *b)
{
    return a->slope / ((a->f - b->f) / (b->step - a->step) + a->slope) / 2;
}

static double
along(const dp_search_point *a, const dp_search_point *b, double share)
{
    return a->step + share * (b->step - a->step);
}

/* Case 1, a higher value: a minimizer is bracketed. The cubic's if it is nearer to the
 * best than the parabola's, else halfway between them. */
static double
after_higher(const dp_search_point *best, const dp_search_point *t)
{
    double gamma;
    const double c = along(best, t, cubic(best, t, &gamma));
    const double q = along(best, t, parabola(best, t));
    return fabs(c - best->step) < fabs(q - best->step) ? c : c + (q - c) / 2;
}

/* Case 2, a lower value and slopes of opposite signs: bracketed. The farther of the
 * cubic's and the secant's from the trial. */
static double
after_turn(const dp_search_point *best, const dp_search_point *t)
{
    double gamma;
    const double c = along(t, best, cubic(t, best, &gamma));
    const double q = along(t, best, secant(t, best));
    return fabs(c - t->step) > fabs(q - t->step) ? c : q;
}

/* Case 3, a lower value, the same sign and a smaller slope. The cubic may have no
 * minimizer beyond the trial: then the bound stands for it. */
static double
after_flatter(const dp_line_search *s, const dp_search_point *best,
              const dp_search_point *t, double far_end)
{
    double gamma;
    const double share = cubic(t, best, &gamma);
    const double bound = t->step > best->step ? s->high : s->low;
    const double c = share < 0 && gamma != 0 ? along(t, best, share) : bound;
    const double q = along(t, best, secant(t, best));
    const int nearer = fabs(c - t->step) < fabs(q - t->step);
    if (!s->bracketed) {
        return fmin(fmax(nearer ? q : c, s->low), s->high);
    }
    const double limit = t->step + SHRINK * (far_end - t->step);
    return t->step > best->step ? fmin(limit, nearer ? c : q)
                                : fmax(limit, nearer ? c : q);
}

/* Case 4, a lower value, the same sign and no smaller slope: the cubic between the
 * trial and the other end, or the bound. */
static double
after_steeper(const dp_line_search *s, const dp_search_point *best,
              const dp_search_point *other, const dp_search_point *t)
{
    double gamma;
    if (s->bracketed) {
        return along(t, other, cubic(t, other, &gamma));
    }
    return t->step > best->step ? s->high : s->low;
}

/* The next trial, and the interval updated by this one (section 4). The points are those
 * of phi, or of psi in the first stage. */
static double
next_step(dp_line_search *s, dp_search_point *best, dp_search_point *other,
          const dp_search_point *t)
{
    const int turned = t->slope * (best->slope / fabs(best->slope)) < 0;
    double step;
    if (t->f > best->f) {
        step = after_higher(best, t);
    }
    else if (turned) {
        step = after_turn(best, t);
    }
    else if (fabs(t->slope) < fabs(best->slope)) {
        step = after_flatter(s, best, t, other->step);
    }
    else {
        step = after_steeper(s, best, other, t);
    }
    s->improved = !(t->f > best->f);
    if (!s->improved) {
        s->bracketed = 1;
        *other = *t;
        return step;
    }
    if (turned) {
        s->bracketed = 1;
        *other = *best;
    }
    *best = *t;
    return step;
}

/* psi(a) = phi(a) - phi(0) - c1 a phi'(0) of a point of phi, and back. */
static dp_search_point
tilted(const dp_line_search *s, dp_search_point p, double sign)
{
    const double tilt = sign * s->options.c1 * s->start.slope;
    return (dp_search_point){p.step, p.f - p.step * tilt, p.slope - tilt};
}

static void
advance(dp_line_search *s, const dp_search_point *t, double most_allowed)
{
    double step;
    /* The first stage, until psi is not positive and phi' not negative: section 2. */
    if (s->first_stage && t->f <= s->best.f && t->f > most_allowed) {
        const dp_search_point trial = tilted(s, *t, 1);
        dp_search_point best = tilted(s, s->best, 1), other = tilted(s, s->other, 1);
        step = next_step(s, &best, &other, &trial);
        s->best = tilted(s, best, -1);
        s->other = tilted(s, other, -1);
        if (s->improved) {
            s->best = *t; /* its bits, not psi's and back */
        }
    }
    else {
        step = next_step(s, &s->best, &s->other, t);
    }
    if (s->bracketed) {
        const double width = fabs(s->other.step - s->best.step);
        if (width >= SHRINK * s->width_before) {
            step = s->best.step + 0.5 * (s->other.step - s->best.step);
        }
        s->width_before = s->width;
        s->width = width;
        s->low = fmin(s->best.step, s->other.step);
        s->high = fmax(s->best.step, s->other.step);
    }
    else {
        s->low = step + EXTRAPOLATE_LEAST * (step - s->best.step);
        s->high = step + EXTRAPOLATE_MOST * (step - s->best.step);
    }
    s->step = fmin(fmax(step, s->options.least), s->options.most);
}

/* Whether the search is over before another trial: what the interval has left. */
static dp_search_state
interval_state(const dp_line_search *s)
{
    if (s->bracketed && !(s->step > s->low && s->step < s->high)) {
        return DP_SEARCH_ROUNDING;
    }
    if (s->bracketed && s->high - s->low <= s->options.xtol * s->high) {
        return DP_SEARCH_NARROW;
    }
    return s->evaluations >= s->options.evaluations ? DP_SEARCH_EXHAUSTED
                                                    : DP_SEARCH_EVALUATE;
}

static dp_search_state
cut_back(dp_line_search *s)
{
    const double way = s->step - s->best.step;
    if (way > 0 && !s->bracketed) {
        s->cut = 1;
        s->options.most = s->best.step + 0.5 * way;
        s->high = fmin(s->high, s->options.most);
    }
    s->step = s->best.step + CUT * way;
    if (s->evaluations >= s->options.evaluations) {
        return DP_SEARCH_EXHAUSTED;
    }
    const int moves = s->step != s->best.step && s->step >= s->options.least;
    return moves ? DP_SEARCH_EVALUATE : DP_SEARCH_AT_LEAST;
}

void
dp_search_start(dp_line_search *s, const dp_search_options *options, double f,
                double slope, double step)
{
    const double width = options->most - options->least;
    const dp_search_point start = {0, 0, slope};
    *s = (dp_line_search){
        .options = *options,
        .value = f,
        .start = start,
        .best = start,
        .other = start,
        .step = fmin(fmax(step, options->least), options->most),
        .high = step + EXTRAPOLATE_MOST * step,
        .width = width,
        .width_before = 2 * width,
        .first_stage = 1,
    };
}

/* Whether phi's values do not tell a trial from the start: what was promised there and
 * what has come of it are both within what they are good to. */
static int
blurred(const dp_line_search *s, double f, double step)
{
    const double least = s->options.resolution * fmax(fabs(s->value), fabs(f));
    return -s->start.slope * step <= least && fabs(f - s->value) <= least;
}

dp_search_state
dp_search_tell(dp_line_search *s, double f, double slope)
{
    const dp_search_options *const o = &s->options;
    const double c1_slope = o->c1 * s->start.slope;
    dp_search_point t = {s->step, f - s->value, slope};
    s->improved = 0;
    s->evaluations++;
    if (!isfinite(f) || !isfinite(slope)) {
        return s->state = cut_back(s);
    }
    if (blurred(s, f, t.step)) {
        t.f = t.step * (s->start.slope + slope) / 2;
    }
    const double allowed = t.step * c1_slope;
    if (s->first_stage && t.f <= allowed && slope >= 0) {
        s->first_stage = 0;
    }
    if (t.f <= allowed && fabs(slope) <= -o->c2 * s->start.slope) {
        return s->state = DP_SEARCH_FOUND;
    }
    if (t.step >= o->most && t.f <= allowed && slope <= c1_slope) {
        s->best = t;
        s->improved = 1;
        return s->state = DP_SEARCH_AT_MOST;
    }
    if (t.step <= o->least && (t.f > allowed || slope >= c1_slope)) {
        return s->state = DP_SEARCH_AT_LEAST;
    }
    advance(s, &t, allowed);
    return s->state = interval_state(s);
}
