/* The thread pool: tasks 0 .. n-1 of one function, shared out among a few threads.
 *
 * What a task computes may depend on its number only, never on which thread runs it or
 * how many there are: so results have the same bits for every thread count. The pool is
 * created at the first use, forgets itself in a forked child, and runs tasks on the
 * calling thread alone when another thread is using it.
 */
#ifndef DP_PARALLEL_H
#define DP_PARALLEL_H

#include <stddef.h>

/* worker: 0 for the calling thread, below the number of threads asked for. Returning
 * anything but 0 stops the run: no further task starts. */
typedef int (*dp_task)(void *context, ptrdiff_t task, int worker);

/* At most this many threads work for one call. */
#define DP_MAX_THREADS 256

/* Runs the tasks on at most `threads` threads; returns 0, or 1 when a task stopped it. */
int
dp_parallel(ptrdiff_t n_tasks, int threads, dp_task task, void *context);

/* Registers the fork handler; call once, before the first dp_parallel. 0 on success. */
int
dp_parallel_init(void);

#endif
