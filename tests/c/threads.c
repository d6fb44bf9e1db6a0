/* The thread pool and a whole pass, called from several threads at once, without Python: for the thread sanitizer.
 * Prints "same bits" when every pass gave the same loss and gradient. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/linear_pass.h"
#include "parallel.h"

enum { N = 3000, D = 70, C = 10, CALLERS = 4, PASSES = 10 };

static float X[N * D], W[C * D];
static int64_t y[N];
static float expected[C * D];
static double expected_value;

static double
loss_and_gradient(float *dW, int threads)
{
    dp_linear_job job = {
        .compute = DP_f32,
        .goal = DP_LOSS_GRADIENT,
        .W = {(char *)W, C, D, D * sizeof(float), sizeof(float), DP_STORE_f32},
        .X = {(char *)X, N, D, D * sizeof(float), sizeof(float), DP_STORE_f32},
        .y = {(const char *)y, N, sizeof(int64_t), DP_INT64},
        .loss = DP_LOSS_softmax,
        .l2 = 0.1,
        .dW = {(char *)dW, C, D, D * sizeof(float), sizeof(float), DP_STORE_f32},
    };
    dp_target_choose(NULL, &job.target);
    const dp_linear_plan plan = dp_linear_make_plan(&job, threads);
    void *scratch = aligned_alloc(64, plan.bytes);
    if (scratch == NULL || dp_linear_run(&job, &plan, scratch) != 0) {
        abort();
    }
    free(scratch);
    return job.value;
}

static void *
caller(void *wrong)
{
    float dW[C * D];
    for (int k = 0; k < PASSES; k++) {
        const double value = loss_and_gradient(dW, 1 + k % 4);
        if (value != expected_value || memcmp(dW, expected, sizeof dW) != 0) {
            *(int *)wrong = 1;
        }
    }
    return NULL;
}

static int
all_callers(void)
{
    pthread_t threads[CALLERS];
    int wrong[CALLERS] = {0};
    int any = 0;
    for (int k = 0; k < CALLERS; k++) {
        if (pthread_create(&threads[k], NULL, caller, &wrong[k]) != 0) {
            abort();
        }
    }
    for (int k = 0; k < CALLERS; k++) {
        pthread_join(threads[k], NULL);
        any |= wrong[k];
    }
    return any;
}

int
main(void)
{
    unsigned state = 1;
    for (int i = 0; i < N * D; i++) {
        state = state * 1664525u + 1013904223u;
        X[i] = (float)(state >> 8) / (1 << 24) - 0.5f;
    }
    for (int i = 0; i < C * D; i++) {
        state = state * 1664525u + 1013904223u;
        W[i] = (float)(state >> 8) / (1 << 24) - 0.5f;
    }
    for (int i = 0; i < N; i++) {
        y[i] = i % C;
    }
    if (dp_parallel_init() != 0) {
        return 1;
    }
    expected_value = loss_and_gradient(expected, 1);
    int wrong = all_callers();
    for (int k = 0; k < 3; k++) { /* a forked child starts with a pool of its own */
        const pid_t child = fork();
        if (child == 0) {
            float dW[C * D];
            _exit(loss_and_gradient(dW, 4) != expected_value);
        }
        int status = 1;
        wrong |= child < 0 || waitpid(child, &status, 0) != child || status != 0;
    }
    puts(wrong ? "WRONG" : "same bits");
    return wrong;
}
