/* The line search of Moré and Thuente, by reverse communication; no Python.
 *
 * J. J. Moré, D. J. Thuente, "Line Search Algorithms with Guaranteed Sufficient
 * Decrease", ACM Transactions on Mathematical Software 20(3), 286-307, 1994. With
 * phi(a) = f(x + a d) it looks for a step a with
 *     phi(a) <= phi(0) + c1 a phi'(0)      (sufficient decrease)
 *     |phi'(a)| <= c2 |phi'(0)|            (curvature),
 * the strong Wolfe conditions. The caller evaluates phi and phi' at `step` and tells.
 *
 * Where phi's rounding hides what a step changes, its slopes tell: phi(a) - phi(0) is
 * taken for a (phi'(0) + phi'(a)) / 2, so that the first condition is
 *     phi'(a) <= (2 c1 - 1) phi'(0)
 * (W. W. Hager, H. Zhang, "A New Conjugate Gradient Method with Guaranteed Descent and an
 * Efficient Line Search", SIAM Journal on Optimization 16(1), 170-192, 2005, (4.1)). A
 * step may be higher than the start by that much, then.
 */
#ifndef DP_LINE_SEARCH_H
#define DP_LINE_SEARCH_H

typedef enum {
    DP_SEARCH_EVALUATE, /* phi and phi' are wanted at `step` */
    DP_SEARCH_FOUND,    /* `step`, the last trial, satisfies both conditions */
    /* what ends it without; `best` is the lowest step, if it is not 0: */
    DP_SEARCH_NARROW,    /* the interval is narrower than xtol of its upper end */
    DP_SEARCH_ROUNDING,  /* rounding leaves no step inside the interval */
    DP_SEARCH_AT_MOST,   /* phi still falls at the largest step */
    DP_SEARCH_AT_LEAST,  /* the smallest step is still too long */
    DP_SEARCH_EXHAUSTED, /* all evaluations used */
} dp_search_state;

typedef struct {
    double c1, c2, xtol;
    double least, most; /* steps that may be tried */
    int evaluations;    /* at most so many */
    double resolution;  /* phi's values are good to this share of them; 0: exactly */
} dp_search_options;

/* A step with its phi - phi(0), which keeps the digits of small changes, and phi'. */
typedef struct {
    double step, f, slope;
} dp_search_point;

typedef struct {
    dp_search_options options;
    dp_search_state state;
    double value;          /* phi(0) */
    dp_search_point start; /* step 0 */
    dp_search_point best;  /* the end of the interval with the lower value */
    dp_search_point other; /* the other end, once the interval is bracketed */
    double step;           /* the next trial, or the last one */
    double low, high;      /* where the next trial may lie */
    double width, width_before;
    int bracketed, first_stage, evaluations;
    int improved; /* the last trial has become `best` */
    int cut;      /* a trial was not finite, which has lowered options.most */
} dp_line_search;

/* Begins at phi(0) = f with slope phi'(0) < 0 and the first trial `step` > 0. */
void
dp_search_start(dp_line_search *s, const dp_search_options *options, double f,
                double slope, double step);

/* Takes phi and phi' at s->step. What is not finite is too far: the step is cut. */
dp_search_state
dp_search_tell(dp_line_search *s, double f, double slope);

#endif
