/* What this machine can do at best, for the roofline: the FMA peak in float32 and float64, the read bandwidth, and the
   bandwidth of in-place updates with the reads and writes of SGD (2R 1W), momentum (3R 2W) and Adam (4R 3W).

   cc -O3 -march=native -ffp-contract=fast -pthread roofline.c -o roofline && ./roofline THREADS MEGABYTES

   Prints one JSON object; every figure is the best of several repetitions. Vector extensions of GCC and Clang, as wide
   as the compiler's target allows; no OpenMP. */

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { BYTES = 64, CHAINS = 24 };
static const char *const isa = "AVX-512";
#elif defined(__AVX__)
enum { BYTES = 32, CHAINS = 12 };
#if defined(__FMA__)
static const char *const isa = "AVX2";
#else
static const char *const isa = "AVX";
#endif
#elif defined(__ARM_NEON)
enum { BYTES = 16, CHAINS = 24 };
static const char *const isa = "NEON";
#else
enum { BYTES = 16, CHAINS = 8 };
static const char *const isa = "portable";
#endif

typedef float float_lanes __attribute__((vector_size(BYTES)));
typedef double double_lanes __attribute__((vector_size(BYTES)));
/* STAGGER keeps the arrays off each other's cache sets and page offsets. */
enum { LANES = BYTES / sizeof(float), REPETITIONS = 7, MAX_THREADS = 256, STAGGER = 4096 / BYTES * 3 + 17 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All threads together, again and again: the barrier that starts and ends a timed stretch. */
static atomic_int arrived, generation;
static int num_threads;
static void barrier(void) {
    int mine = atomic_load(&generation);
    if (atomic_fetch_add(&arrived, 1) == num_threads - 1) {
        atomic_store(&arrived, 0);
        atomic_fetch_add(&generation, 1);
    } else {
        while (atomic_load(&generation) == mine) sched_yield();
    }
}

/* FMA chains, independent of each other, more than latency times throughput. */
#define FMA_CHAINS(NAME, LANES_TYPE, T)                                                                                \
    static double NAME(long rounds) {                                                                                  \
        LANES_TYPE x[CHAINS], factor = (LANES_TYPE){0} + (T)0.999, term = (LANES_TYPE){0} + (T)0.1;                    \
        for (int k = 0; k < CHAINS; k++) x[k] = (LANES_TYPE){0} + (T)k;                                                \
        for (long i = 0; i < rounds; i++) {                                                                            \
            _Pragma("GCC unroll 24") for (int k = 0; k < CHAINS; k++) x[k] = x[k] * factor + term;                     \
        }                                                                                                              \
        double sum = 0;                                                                                                \
        for (int k = 0; k < CHAINS; k++) sum += (double)x[k][0];                                                       \
        return sum;                                                                                                    \
    }
FMA_CHAINS(fma_float32, float_lanes, float)
FMA_CHAINS(fma_float64, double_lanes, double)

static double read_all(const float_lanes *a, long n) {
    float_lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (long i = 0; i + 4 <= n; i += 4) {
        s0 += a[i];
        s1 += a[i + 1];
        s2 += a[i + 2];
        s3 += a[i + 3];
    }
    s0 += s1 + s2 + s3;
    return (double)s0[0];
}

static void sgd_like(float_lanes *restrict p, const float_lanes *restrict g, long n) {
    for (long i = 0; i < n; i++) p[i] -= 1e-3F * g[i];
}

static void momentum_like(float_lanes *restrict p, float_lanes *restrict v, const float_lanes *restrict g, long n) {
    for (long i = 0; i < n; i++) {
        v[i] = 0.9F * v[i] + g[i];
        p[i] -= 1e-3F * v[i];
    }
}

static void adam_like(float_lanes *restrict p, float_lanes *restrict m, float_lanes *restrict v,
                      const float_lanes *restrict g, long n) {
    for (long i = 0; i < n; i++) { /* Adam's reads and writes, without its square root and division */
        m[i] = 0.9F * m[i] + 0.1F * g[i];
        v[i] = 0.999F * v[i] + 0.001F * g[i] * g[i];
        p[i] -= 1e-3F * m[i] * v[i];
    }
}

/* One CPU of this process's own mask for each thread: otherwise two may start, and stay for a while, on one CPU. */
static void pin(long id) {
#if defined(__linux__)
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) return;
    long wanted = id % CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed) && wanted-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            pthread_setaffinity_np(pthread_self(), sizeof one, &one);
            return;
        }
    }
#else
    (void)id;
#endif
}

enum { FMA32, FMA64, READ, SGD, MOMENTUM, ADAM, KINDS };
static const long rounds = 20000000;
static double best[KINDS];
static float_lanes *memory;
static long vectors; /* of the whole memory */
static volatile double sink;

static void work(int kind, long id) {
    long slice = vectors / 4 / num_threads; /* each thread's share of one of up to four arrays */
    float_lanes *array[4];
    for (long k = 0; k < 4; k++) array[k] = memory + (vectors / 4 + STAGGER) * k + slice * id;
    switch (kind) {
    case FMA32: sink = fma_float32(rounds); break;
    case FMA64: sink = fma_float64(rounds); break;
    case READ: sink = read_all(memory + vectors / num_threads * id, vectors / num_threads); break;
    case SGD: sgd_like(array[0], array[1], slice); break;
    case MOMENTUM: momentum_like(array[0], array[1], array[2], slice); break;
    default: adam_like(array[0], array[1], array[2], array[3], slice);
    }
}

static void *thread(void *argument) {
    long id = (long)(size_t)argument, share = vectors / num_threads;
    barrier(); /* the first thread's mask, which the others inherit, is whole until all are here */
    pin(id);
    for (long i = share * id; i < share * (id + 1); i++) memory[i] = (float_lanes){0} + 1e-3F; /* first touch */
    for (int kind = 0; kind < KINDS; kind++) {
        for (int repetition = 0; repetition < REPETITIONS; repetition++) {
            barrier();
            double begin = now();
            work(kind, id);
            barrier();
            double seconds = now() - begin;
            if (id == 0 && (repetition == 0 || seconds < best[kind])) best[kind] = seconds;
        }
    }
    return NULL;
}

int main(int count, char **arguments) {
    num_threads = count > 1 ? atoi(arguments[1]) : 1;
    long megabytes = count > 2 ? atol(arguments[2]) : 512;
    if (num_threads < 1 || num_threads > MAX_THREADS || megabytes < 1) {
        fprintf(stderr, "usage: roofline THREADS MEGABYTES\n");
        return 2;
    }
    long bytes = (megabytes + 1) / 2 * 2 << 20; /* whole 2 MB, as aligned_alloc wants */
    vectors = bytes / BYTES;
    memory = aligned_alloc(2 << 20, (size_t)bytes + (2 << 20));
    if (!memory) {
        fprintf(stderr, "roofline: no %ld MB of memory\n", megabytes);
        return 1;
    }
    pthread_t threads[MAX_THREADS];
    for (long id = 1; id < num_threads; id++) {
        if (pthread_create(&threads[id], NULL, thread, (void *)(size_t)id)) {
            fprintf(stderr, "roofline: cannot start a thread\n");
            return 1;
        }
    }
    thread((void *)0);
    for (long id = 1; id < num_threads; id++) pthread_join(threads[id], NULL);
    double flops = 2.0 * CHAINS * (double)rounds * num_threads * 1e-9;
    double array = (double)bytes / 4 * 1e-9; /* of one of the four arrays */
    printf("{\"isa\": \"%s\", \"threads\": %d, \"fma_float32\": %.4g, \"fma_float64\": %.4g, \"read\": %.4g, "
           "\"sgd\": %.4g, \"momentum\": %.4g, \"adam\": %.4g}\n",
           isa, num_threads, flops * LANES / best[FMA32], flops * LANES / 2 / best[FMA64], 4 * array / best[READ],
           3 * array / best[SGD], 5 * array / best[MOMENTUM], 7 * array / best[ADAM]);
    free(memory);
    return 0;
}
