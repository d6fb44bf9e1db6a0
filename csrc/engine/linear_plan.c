/* How a pass is cut into chunks and tiles, and what memory that takes. */
#include "engine/scratch.h"
#include "parallel.h"

/* Below this many multiply-adds (some 15 us on one core) a further thread costs more
 * than it gives. */
#define WORK_PER_THREAD 400000.0
/* A packed tile should stay in L2 beside W and dW, where one row group does. */
#define TILE_BYTES 131072
/* Bytes of every row in a block of features: four rows of X stay in L1 while all classes
 * pass over them. Shorter blocks, of which W's would fit beside them, cost more in
 * partial sums than they save (measured on Zen 3: 1,536 2 % slower, 6,144 20 %). */
#define BLOCK_BYTES 3072
/* Up to this many classes all of W stays in L2, and X is read as it streams in: four rows
 * (those of the widest score tile) from end to end. */
#define FEW_CLASSES 16
#define STREAMED_ROWS 4
/* Fewer rows than this are not worth a chunk: each chunk clears and combines a dW. */
#define CHUNK_ROWS 32
/* Above this size of dW fewer chunks are kept, to bound the memory. */
#define LARGE_PART_BYTES ((size_t)1 << 20)

static ptrdiff_t
clamp(ptrdiff_t value, ptrdiff_t low, ptrdiff_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* -|a|, which never overflows. */
static ptrdiff_t
below_zero(ptrdiff_t a)
{
    return a < 0 ? a : -a;
}

/* Whether X's rows can be read where they are. With many classes they are packed all the
 * same, for the caches' sake; and so they are for the gradient, which walks through a
 * tile slice by slice (rows of 3,072 values would lie on the same few sets of L1). */
static int
rows_as_they_are(const dp_linear_job *job)
{
    const ptrdiff_t size = (ptrdiff_t)dp_storage_size(job->X.storage);
    return job->goal != DP_LOSS_GRADIENT && job->goal != DP_CURVATURE &&
           job->W.rows <= FEW_CLASSES && (int)job->X.storage == (int)job->compute &&
           job->X.col_stride == size && job->X.row_stride % size == 0 &&
           (uintptr_t)job->X.data % (size_t)size == 0;
}

size_t
dp_carve_workspace(const dp_linear_job *job, const dp_linear_plan *plan, void *memory,
                   dp_workspace *w)
{
    const size_t size = dp_compute_size(job->compute);
    const size_t rows = (size_t)plan->tile_rows;
    const size_t C = (size_t)job->W.rows;
    const size_t panel = C < DP_CLASS_PANEL ? C : DP_CLASS_PANEL;
    uintptr_t at = (uintptr_t)memory;
    w->tile = dp_take(&at, rows / DP_GROUP_ROWS * (size_t)plan->group_step * size);
    w->lanes = dp_take(&at, rows * panel * DP_LANE_BYTES);
    w->S = dp_take(&at, C * rows * size);
    w->Q = job->q.data ? dp_take(&at, C * rows * size) : NULL;
    w->rows = dp_take(&at, rows * sizeof *w->rows);
    w->ahead = dp_take(&at, DP_GROUP_ROWS * sizeof *w->ahead);
    w->y = dp_take(&at, rows * sizeof *w->y);
    w->loss = dp_take(&at, rows * sizeof *w->loss);
    w->row = dp_take(&at, (size_t)plan->ldw * sizeof *w->row);
    w->best = dp_take(&at, rows * sizeof *w->best);
    w->gradient = dp_take(&at, job->update ? (size_t)plan->ldw * size : 0);
    return at - (uintptr_t)memory;
}

size_t
dp_carve_shared(const dp_linear_job *job, const dp_linear_plan *plan, void *memory,
                dp_shared *s)
{
    const size_t size = dp_compute_size(job->compute);
    const size_t C = (size_t)job->W.rows;
    uintptr_t at = (uintptr_t)memory;
    s->W = dp_take(&at, C * (size_t)plan->ldw * size);
    s->b = dp_take(&at, C * size);
    s->penalty = dp_take(&at, C * sizeof *s->penalty);
    s->parts = dp_take(&at, (size_t)plan->chunks * plan->part_bytes);
    s->part_loss =
        dp_take(&at, (size_t)(plan->chunks * plan->models) * sizeof *s->part_loss);
    s->part_hits = dp_take(&at, (size_t)plan->chunks * sizeof *s->part_hits);
    s->workers = dp_take(&at, (size_t)plan->threads * plan->worker_bytes);
    return at - (uintptr_t)memory;
}

/* Whether the scratch stays far below the address space, so that no size below wraps. */
static int
sizes_fit(const dp_linear_job *job)
{
    const double D = (double)job->W.cols + 64, C = (double)job->W.rows + 64;
    return 8.0 * D * C * (DP_CHUNKS_MAX + 1) +
               8.0 * (D + 3.0 * C) * DP_TILE_ROWS_MAX * DP_MAX_THREADS <
           (double)PTRDIFF_MAX / 4;
}

dp_linear_plan
dp_linear_make_plan(const dp_linear_job *job, int threads)
{
    dp_linear_plan p = {0};
    dp_workspace w;
    dp_shared s;
    if (!sizes_fit(job)) {
        p.bytes = SIZE_MAX;
        return p;
    }
    const ptrdiff_t size = (ptrdiff_t)dp_compute_size(job->compute);
    const ptrdiff_t C = job->W.rows, D = job->W.cols;
    p.n = job->index.data ? job->index.n : job->X.rows;
    p.models = job->models > 1 ? job->models : 1;
    p.classes = C / p.models;
    p.lanes = DP_LANE_BYTES / size;
    p.slices = (D + p.lanes - 1) / p.lanes;
    /* Odd numbers of lines: rows, and slices, then start in different sets of a cache. */
    p.ldw = p.lanes * (p.slices | 1);
    p.step = p.lanes * (DP_GROUP_ROWS | 1);
    p.group_step = p.slices * p.step;
    const ptrdiff_t most = BLOCK_BYTES / DP_LANE_BYTES;
    const ptrdiff_t blocks = clamp((p.slices + most / 2) / most, 1, p.slices);
    p.block = (p.slices + blocks - 1) / blocks;
    p.direct = rows_as_they_are(job);
    /* Columns: the packer reads a few values of every feature's far-away row, so a wider
     * tile makes more of each page it touches. Bits depend on the row groups alone. */
    p.columns = below_zero(job->X.row_stride) > below_zero(job->X.col_stride);
    const ptrdiff_t fitting = TILE_BYTES / (DP_GROUP_ROWS * p.ldw * size);
    p.tile_rows = DP_GROUP_ROWS *
                  clamp(fitting, p.columns ? 4 : 1, DP_TILE_ROWS_MAX / DP_GROUP_ROWS);
    p.at_once = p.columns          ? p.tile_rows
                : C <= FEW_CLASSES ? STREAMED_ROWS
                                   : DP_GROUP_ROWS;
    p.passive = job->goal == DP_CURVATURE ? p.classes : 0;
    p.results =
        job->goal == DP_LOSS_GRADIENT || job->goal == DP_CURVATURE ? C - p.passive : 0;
    const int with_gradient = p.results > 0;
    const size_t dW_bytes =
        (size_t)((with_gradient ? p.results : p.classes) * p.ldw * size);
    p.part_bytes = with_gradient
                       ? dp_align64(dW_bytes) + dp_align64((size_t)C * sizeof(double))
                       : 0;
    /* The same chunks with and without the gradient, alone and among other models: the
     * same bits of the loss. */
    const ptrdiff_t halves =
        p.n >= CHUNK_ROWS ? 2 : 1; /* of 16 rows: two threads for a batch of 32 */
    p.chunks = clamp(p.n / CHUNK_ROWS, halves,
                     dW_bytes > LARGE_PART_BYTES ? DP_CHUNKS_MAX / 2 : DP_CHUNKS_MAX);
    const double work =
        (double)p.n * (double)D * (double)C * (with_gradient ? 2.0 : 1.0);
    const double useful = work / WORK_PER_THREAD;
    p.threads = useful < threads ? (int)useful : threads;
    p.threads = (int)clamp(p.threads, 1, clamp(p.chunks, 1, DP_MAX_THREADS));
    p.worker_bytes = dp_carve_workspace(job, &p, NULL, &w);
    p.bytes = dp_carve_shared(job, &p, NULL, &s);
    return p;
}
