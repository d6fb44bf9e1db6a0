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

/* Called on the calling thread about every 50 ms while it waits for the others' last
 * tasks; returning anything but 0 asks nothing more of it than not to be called again. */
typedef int (*dp_idle)(void *context);

/* Runs the tasks on at most `threads` threads; returns 0, or 1 when a task stopped it.
 * idle may be NULL. A task may run twice, when a signal handler forks in the middle of a
 * run: the child runs them all again, since it has none of the other threads. */
int
dp_parallel(ptrdiff_t n_tasks, int threads, dp_task task, dp_idle idle, void *context);

/* Registers the fork handler; call once, before the first dp_parallel. 0 on success. */
int
dp_parallel_init(void);

#endif
