#include "kernels/naive.h"

#include <math.h>

/* s_j = sum_d x_d W_dj: the scores of example x. */
static void
scores(const dp_naive_problem *p, const double *x)
{
    for (ptrdiff_t j = 0; j < p->C; j++) {
        p->s[j] = 0.0;
        for (ptrdiff_t d = 0; d < p->D; d++) {
            p->s[j] += x[d] * p->W[d * p->C + j];
        }
    }
}

/* L_i = sum_{j != y} max(0, s_j - s_y + 1). */
void
dp_naive_svm(dp_naive_problem *p, ptrdiff_t first, ptrdiff_t end)
{
    for (ptrdiff_t i = first; i < end; i++) {
        const double *x = p->X + i * p->D;
        const ptrdiff_t y = (ptrdiff_t)p->y[i];
        scores(p, x);
        for (ptrdiff_t j = 0; j < p->C; j++) {
            /* The label's own margin is always 1 and does not count. */
            if (j == y) {
                continue;
            }
            const double margin = p->s[j] - p->s[y] + 1.0;
            /* max(0, margin); a NaN goes on, so that the loss shows it. */
            if (margin <= 0.0) {
                continue;
            }
            p->loss += margin;
            /* The margin grows with s_j and falls with s_y: dL/dW_dj = x_d and
             * dL/dW_dy = -x_d. */
            for (ptrdiff_t d = 0; d < p->D; d++) {
                p->dW[d * p->C + j] += x[d];
                p->dW[d * p->C + y] -= x[d];
            }
        }
    }
}

/* L_i = log(sum_j exp(s_j)) - s_y, which is -log of the label's probability. */
void
dp_naive_softmax(dp_naive_problem *p, ptrdiff_t first, ptrdiff_t end)
{
    for (ptrdiff_t i = first; i < end; i++) {
        const double *x = p->X + i * p->D;
        const ptrdiff_t y = (ptrdiff_t)p->y[i];
        scores(p, x);
        /* Only differences of scores count: without the largest, exp cannot overflow. */
        double largest = p->s[0];
        for (ptrdiff_t j = 1; j < p->C; j++) {
            if (p->s[j] > largest) {
                largest = p->s[j];
            }
        }
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < p->C; j++) {
            p->s[j] -= largest;
            sum += exp(p->s[j]);
        }
        p->loss += log(sum) - p->s[y];
        for (ptrdiff_t j = 0; j < p->C; j++) {
            /* dL/ds_j is the probability, less 1 at the label; dL/dW_dj that times x_d. */
            double ds = exp(p->s[j]) / sum;
            if (j == y) {
                ds -= 1.0;
            }
            for (ptrdiff_t d = 0; d < p->D; d++) {
                p->dW[d * p->C + j] += ds * x[d];
            }
        }
    }
}

/* L = (1/N) sum_i L_i + reg sum W^2, without a factor 1/2, so its gradient is 2 reg W. */
void
dp_naive_finish(dp_naive_problem *p)
{
    const double N = (double)p->N;
    double sum = 0.0;
    for (ptrdiff_t d = 0; d < p->D; d++) {
        for (ptrdiff_t j = 0; j < p->C; j++) {
            const double w = p->W[d * p->C + j];
            sum += w * w;
            p->dW[d * p->C + j] = p->dW[d * p->C + j] / N + 2.0 * p->reg * w;
        }
    }
    p->loss = p->loss / N + p->reg * sum;
}
