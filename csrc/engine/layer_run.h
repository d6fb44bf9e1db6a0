/* One layer forward or backward over a batch, by the thread pool; no Python.
 *
 * Elementwise ones are cut into chunks of values or rows, those with sums over the examples
 * into blocks of features, each summed by one thread. So bits depend neither on chunks nor on
 * threads. What takes little time runs on the calling thread alone.
 */
#ifndef DP_LAYER_RUN_H
#define DP_LAYER_RUN_H

#include "kernels/layer/layer.h"

typedef enum {
    DP_RELU,
    DP_RELU_BACKWARD,
    DP_DROPOUT,
    DP_ADD_SCALED,
    DP_ADD_BIAS,
    DP_SUM_ROWS,
    DP_BATCH_NORM,
    DP_BATCH_NORM_APPLY,
    DP_BATCH_NORM_BACKWARD
} dp_layer_op;

/* Arrays (N, F) of the compute dtype, and vectors (F,); those that the operation has. */
typedef struct {
    dp_target target;
    dp_compute compute;
    dp_layer_op op;
    ptrdiff_t N, F;
    const char *x, *y,
        *grad; /* y: the output of relu, the other addend of add_scaled */
    char *out; /* of sum_rows (F,); of add_bias what it is added to */
    const uint16_t *bits;
    int32_t threshold;
    double scale;
    const char *b, *gamma, *beta;
    double *mean, *inv_std, eps;
    char *dgamma, *dbeta;
    int training;
} dp_layer_job;

/* About how long it takes on one core, in values of a ReLU: 2^19 are some 50 us. */
ptrdiff_t
dp_layer_work(const dp_layer_job *job);

void
dp_layer_run(const dp_layer_job *job, int threads);

#endif
