#define _GNU_SOURCE
#include "parallel.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

/* One run. Workers take task numbers from `next` until none is left. */
typedef struct {
    dp_task task;
    void *context;
    ptrdiff_t n_tasks;
    atomic_ptrdiff_t next;
    atomic_int stopped;
} run;

/* How often a thread looks for work, or for the others' end, before it sleeps: some 25
 * us. Waking a sleeping thread takes as long, and passes of a training loop follow each
 * other faster than that. */
#define SPINS 1000

static inline void
rest(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* The pool is the only mutable state of the process that the extension owns. Workers
 * sleep on `wake` until `generation` changes; the caller sleeps on `done` until
 * `working` is 0. All fields are guarded by `lock`, and only the holder of `owner`
 * starts runs; `generation` and `working` are also looked at without it. */
static struct {
    pthread_mutex_t owner;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_cond_t done;
    int workers; /* threads that exist, besides callers */
    atomic_uint_least64_t generation;
    int wanted;         /* workers that shall join the run at hand */
    int joined;         /* workers that have joined it */
    atomic_int working; /* workers that have not left it yet, of those wanted */
    run *current;
    uint64_t child; /* how many forks lie between the first process and this one */
} pool = {
    .owner = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
    .done = PTHREAD_COND_INITIALIZER,
};

static void
run_tasks(run *r, int worker)
{
    while (!atomic_load_explicit(&r->stopped, memory_order_relaxed)) {
        const ptrdiff_t task =
            atomic_fetch_add_explicit(&r->next, 1, memory_order_relaxed);
        if (task >= r->n_tasks) {
            return;
        }
        if (r->task(r->context, task, worker) != 0) {
            atomic_store_explicit(&r->stopped, 1, memory_order_relaxed);
        }
    }
}

static void *
worker_main(void *unused)
{
    (void)unused;
    uint64_t seen = 0;
    for (;;) {
        for (int k = 0; k < SPINS && atomic_load(&pool.generation) == seen; k++) {
            rest();
        }
        pthread_mutex_lock(&pool.lock);
        while (pool.generation == seen || pool.joined >= pool.wanted) {
            if (pool.generation != seen) {
                seen = pool.generation; /* enough others have joined this run */
            }
            pthread_cond_wait(&pool.wake, &pool.lock);
        }
        seen = pool.generation;
        const int worker = ++pool.joined;
        run *const r = pool.current;
        pthread_mutex_unlock(&pool.lock);
        run_tasks(r, worker);
        pthread_mutex_lock(&pool.lock);
        if (atomic_fetch_sub(&pool.working, 1) == 1) {
            pthread_cond_signal(&pool.done);
        }
        pthread_mutex_unlock(&pool.lock);
    }
    return NULL;
}

/* Makes sure that `wanted` workers exist, or as many as the system grants; call with
 * pool.lock held. Signals are left to the interpreter's threads. */
static void
ensure_workers(int wanted)
{
    if (pool.workers >= wanted) {
        return;
    }
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return;
    }
    while (pool.workers < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker_main, NULL) != 0) {
            break; /* fewer threads: slower, not wrong */
        }
        (void)pthread_detach(thread); /* cannot fail for a thread just made */
        pool.workers++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Waits until every worker has left the run; call with pool.lock held. */
static void
wait_for_workers(dp_idle idle, void *context)
{
    const uint64_t child = pool.child;
    if (pool.working > 0) {
        pthread_mutex_unlock(&pool.lock);
        for (int k = 0; k < SPINS && atomic_load(&pool.working) > 0; k++) {
            rest();
        }
        pthread_mutex_lock(&pool.lock);
    }
    while (pool.working > 0 && pool.child == child) {
        struct timespec until;
        if (idle == NULL || clock_gettime(CLOCK_REALTIME, &until) != 0) {
            pthread_cond_wait(&pool.done, &pool.lock);
            continue;
        }
        until.tv_nsec += 50000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&pool.done, &pool.lock, &until) == ETIMEDOUT) {
            /* idle may run a signal handler, which may call us: without the lock. */
            pthread_mutex_unlock(&pool.lock);
            if (idle(context) != 0) {
                idle = NULL;
            }
            if (pool.child != child) {
                return; /* it forked, and this is the child: no lock is held */
            }
            pthread_mutex_lock(&pool.lock);
        }
    }
}

int
dp_parallel(ptrdiff_t n_tasks, int threads, dp_task task, dp_idle idle, void *context)
{
    run r = {.task = task, .context = context, .n_tasks = n_tasks};
    atomic_init(&r.next, 0);
    atomic_init(&r.stopped, 0);
    if (threads > DP_MAX_THREADS) {
        threads = DP_MAX_THREADS;
    }
    if ((ptrdiff_t)threads > n_tasks) {
        threads = (int)n_tasks;
    }
    if (threads <= 1 || pthread_mutex_trylock(&pool.owner) != 0) {
        run_tasks(&r, 0);
        return atomic_load(&r.stopped);
    }
    pthread_mutex_lock(&pool.lock);
    const uint64_t child = pool.child;
    ensure_workers(threads - 1);
    pool.current = &r;
    pool.joined = 0;
    pool.wanted = pool.workers < threads - 1 ? pool.workers : threads - 1;
    pool.working = pool.wanted;
    pool.generation++;
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);

    run_tasks(&r, 0);

    if (pool.child == child) {
        pthread_mutex_lock(&pool.lock);
        /* Workers that have not woken up by now have nothing left to do. */
        pool.working -= pool.wanted - pool.joined;
        pool.wanted = pool.joined;
        wait_for_workers(idle, context);
    }
    if (pool.child != child) {
        /* A signal handler forked, and this is the child: what the other threads had
         * taken is lost, and their locks with them. */
        run again = {.task = task, .context = context, .n_tasks = n_tasks};
        atomic_init(&again.next, 0);
        atomic_init(&again.stopped, atomic_load(&r.stopped));
        run_tasks(&again, 0);
        return atomic_load(&again.stopped);
    }
    pool.current = NULL;
    pthread_mutex_unlock(&pool.lock);
    pthread_mutex_unlock(&pool.owner);
    return atomic_load(&r.stopped);
}

/* A forked child has none of the pool's threads, and its locks may have been held by
 * threads that are gone: it starts with a new, empty pool. The old one's primitives are
 * overwritten, not destroyed: destroying a held mutex is undefined. */
static void
forget_pool(void)
{
    const pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    const pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    pool.owner = mutex;
    pool.lock = mutex;
    pool.wake = cond;
    pool.done = cond;
    pool.workers = 0;
    pool.generation = 0;
    pool.wanted = 0;
    pool.joined = 0;
    pool.working = 0;
    pool.current = NULL;
    pool.child++;
}

int
dp_parallel_init(void)
{
    static atomic_int registered;
    int expected = 0;
    if (!atomic_compare_exchange_strong(&registered, &expected, 1)) {
        return 0;
    }
    return pthread_atfork(NULL, NULL, forget_pool);
}
