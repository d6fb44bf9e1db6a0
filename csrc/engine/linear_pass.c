#include "engine/linear_pass.h"

#include <string.h>

#include "parallel.h"

/* Below this many multiply-adds (some 50 us on one core) threads cost more than they
 * give. */
#define WORK_PER_THREAD 1000000.0
/* A packed or passed-through tile should stay in L2 beside W and dW. */
#define TILE_BYTES 131072
/* Fewer rows than this are not worth a chunk: each chunk clears and combines a dW. */
#define CHUNK_ROWS 32
/* Above this size of dW fewer chunks are kept, to bound the memory. */
#define LARGE_PART_BYTES ((size_t)1 << 20)

static ptrdiff_t
clamp(ptrdiff_t value, ptrdiff_t low, ptrdiff_t high)
{
    return value < low ? low : value > high ? high : value;
}

static size_t
align64(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Memory is handed out front to back, 64-byte aligned. */
static void *
take(char **at, size_t bytes)
{
    void *p = *at;
    *at += align64(bytes);
    return p;
}

/* ---- the plan ------------------------------------------------------------------- */

static int
rows_as_they_are(const dp_linear_job *job)
{
    const ptrdiff_t size = (ptrdiff_t)dp_storage_size(job->X.storage);
    return (int)job->X.storage == (int)job->compute &&
           (job->X.col_stride == size || job->X.cols == 1) &&
           job->X.row_stride % size == 0 && (uintptr_t)job->X.data % (size_t)size == 0;
}

/* What one worker needs: a packed tile, its row pointers, the lanes of the score kernel,
 * scores, labels and losses of a tile, a row of results. */
typedef struct {
    void *tile, *lanes, *S;
    const char **rows;
    const void **x;
    int32_t *y;
    double *loss, *row;
    int64_t *best;
} workspace;

static size_t
carve_workspace(const dp_linear_job *job, const dp_linear_plan *plan, char *memory,
                workspace *w)
{
    const size_t size = dp_storage_size((dp_storage)job->compute);
    const size_t rows = (size_t)plan->tile_rows;
    const size_t C = (size_t)job->W.rows;
    const size_t panel = C < DP_CLASS_PANEL ? C : DP_CLASS_PANEL;
    char *at = memory;
    w->tile = take(&at, plan->pack_tiles ? rows * (size_t)plan->ldw * size : 0);
    w->lanes = take(&at, (size_t)plan->group * panel * DP_LANE_BYTES);
    w->S = take(&at, C * rows * size);
    w->rows = take(&at, rows * sizeof *w->rows);
    w->x = take(&at, rows * sizeof *w->x);
    w->y = take(&at, rows * sizeof *w->y);
    w->loss = take(&at, rows * sizeof *w->loss);
    w->row = take(&at, (size_t)plan->ldw * sizeof *w->row);
    w->best = take(&at, rows * sizeof *w->best);
    return (size_t)(at - memory);
}

/* Shared: W packed, b packed, each class's regularizer, and the chunks' own sums. */
typedef struct {
    void *W, *b;
    double *penalty;
    char *parts; /* chunks x part_bytes: dW (C, ldw) of T, db (C) */
    double *part_loss;
    int64_t *part_hits;
    char *workers;
} shared;

static size_t
carve_shared(const dp_linear_job *job, const dp_linear_plan *plan, char *memory, shared *s)
{
    const size_t size = dp_storage_size((dp_storage)job->compute);
    const size_t C = (size_t)job->W.rows;
    char *at = memory;
    s->W = take(&at, C * (size_t)plan->ldw * size);
    s->b = take(&at, C * size);
    s->penalty = take(&at, C * sizeof *s->penalty);
    s->parts = take(&at, (size_t)plan->chunks * plan->part_bytes);
    s->part_loss = take(&at, (size_t)plan->chunks * sizeof *s->part_loss);
    s->part_hits = take(&at, (size_t)plan->chunks * sizeof *s->part_hits);
    s->workers = take(&at, (size_t)plan->threads * plan->worker_bytes);
    return (size_t)(at - memory);
}

/* Whether the scratch stays far below the address space, so that no size below wraps. */
static int
sizes_fit(const dp_linear_job *job)
{
    const double D = (double)job->W.cols + 64, C = (double)job->W.rows + 64;
    return 8.0 * D * C * (DP_CHUNKS_MAX + 1) +
               8.0 * (D + 2.0 * C) * DP_TILE_ROWS_MAX * DP_MAX_THREADS <
           (double)PTRDIFF_MAX / 4;
}

dp_linear_plan
dp_linear_make_plan(const dp_linear_job *job, int threads)
{
    dp_linear_plan p = {0};
    workspace w;
    shared s;
    if (!sizes_fit(job)) {
        return p;
    }
    const ptrdiff_t size = (ptrdiff_t)dp_storage_size((dp_storage)job->compute);
    const ptrdiff_t C = job->W.rows, D = job->W.cols;
    p.n = job->index.data ? job->index.n : job->X.rows;
    p.group = DP_LANE_BYTES / size;
    p.ldw = dp_round_up(D, p.group);
    p.pack_tiles = !rows_as_they_are(job);
    p.tile_rows = p.group * clamp(TILE_BYTES / (p.group * p.ldw * size), 1,
                                  DP_TILE_ROWS_MAX / p.group);
    const size_t dW_bytes = (size_t)(C * p.ldw * size);
    const int with_gradient = job->goal == DP_LOSS_GRADIENT;
    p.part_bytes =
        with_gradient ? align64(dW_bytes) + align64((size_t)C * sizeof(double)) : 0;
    /* The same chunks with and without the gradient: the same bits of the loss. */
    p.chunks = clamp(p.n / CHUNK_ROWS, 1,
                     dW_bytes > LARGE_PART_BYTES ? DP_CHUNKS_MAX / 2 : DP_CHUNKS_MAX);
    const double work =
        (double)p.n * (double)D * (double)C * (with_gradient ? 2.0 : 1.0);
    const double useful = work / WORK_PER_THREAD;
    p.threads = useful < threads ? (int)useful : threads;
    p.threads = (int)clamp(p.threads, 1, clamp(p.chunks, 1, DP_MAX_THREADS));
    p.worker_bytes = carve_workspace(job, &p, NULL, &w);
    p.bytes = carve_shared(job, &p, NULL, &s);
    return p;
}

/* ---- the pass ------------------------------------------------------------------- */

typedef struct {
    dp_linear_job *job;
    const dp_linear_plan *plan;
    const dp_linear_kernels *kernels;
    const dp_loss_kernels *losses;
    shared s;
} pass;

static double *
part_db(const pass *p, ptrdiff_t chunk)
{
    char *part = p->s.parts + (size_t)chunk * p->plan->part_bytes;
    return (double *)(part + p->plan->part_bytes -
                      align64((size_t)p->job->W.rows * sizeof(double)));
}

static void
pack_row(const pass *p, const dp_matrix *m, ptrdiff_t row, void *dst)
{
    const char *src = m->data + row * m->row_stride;
    p->kernels->pack[m->storage](dst, 0, &src, 1, m->cols, m->col_stride);
}

/* Class c's weights into rows padded with zeros, and their regularizer. */
static int
prepare_class(void *context, ptrdiff_t c, int worker)
{
    const pass *p = context;
    const dp_linear_job *job = p->job;
    const size_t size = dp_storage_size((dp_storage)job->compute);
    char *w = (char *)p->s.W + (size_t)(c * p->plan->ldw) * size;
    (void)worker;
    memset(w + (size_t)job->W.cols * size, 0,
           (size_t)(p->plan->ldw - job->W.cols) * size);
    pack_row(p, &job->W, c, w);
    double sums[2] = {0.0, 0.0};
    if (job->l1 != 0.0 || job->l2 != 0.0) {
        p->kernels->penalty(w, job->W.cols, sums);
    }
    p->s.penalty[c] = (job->l1 != 0.0 ? job->l1 * sums[0] : 0.0) +
                      (job->l2 != 0.0 ? job->l2 * sums[1] : 0.0);
    return 0;
}

static ptrdiff_t
example_at(const dp_linear_job *job, ptrdiff_t i)
{
    if (!job->index.data) {
        return i;
    }
    const ptrdiff_t at = dp_position(&job->index, i, job->X.rows);
    return at < 0 ? 0 : at; /* checked before, but another thread may have written since */
}

/* Points w->x at the tile's rows, packed if they must be, and reads its labels. */
static void
load_tile(const pass *p, workspace *w, ptrdiff_t first, ptrdiff_t rows)
{
    const dp_linear_job *job = p->job;
    const size_t size = dp_storage_size((dp_storage)job->compute);
    for (ptrdiff_t r = 0; r < rows; r++) {
        const ptrdiff_t at = example_at(job, first + r);
        w->rows[r] = job->X.data + at * job->X.row_stride;
        w->x[r] = p->plan->pack_tiles
                      ? (const char *)w->tile + (size_t)(r * p->plan->ldw) * size
                      : (const void *)w->rows[r];
        if (job->y.data) {
            const int64_t y = dp_ints_get(&job->y, at);
            w->y[r] = y < 0 || y >= job->W.rows ? 0 : (int32_t)y; /* as example_at */
        }
    }
    if (p->plan->pack_tiles) {
        p->kernels->pack[job->X.storage](w->tile, p->plan->ldw, w->rows, rows,
                                         job->X.cols, job->X.col_stride);
    }
}

static void
store_scores(const pass *p, const workspace *w, ptrdiff_t first, ptrdiff_t rows)
{
    const dp_matrix *out = &p->job->scores;
    const size_t size = dp_storage_size((dp_storage)p->job->compute);
    for (ptrdiff_t c = 0; c < p->job->W.rows; c++) {
        p->kernels->unpack[out->storage](
            (const char *)w->S + (size_t)(c * p->plan->tile_rows) * size, rows,
            out->data + first * out->row_stride + c * out->col_stride, out->row_stride);
    }
}

static void
predict_tile(const pass *p, const workspace *w, ptrdiff_t first, ptrdiff_t rows,
             int64_t *hits)
{
    p->kernels->argmax(w->S, p->plan->tile_rows, p->job->W.rows, rows, w->best);
    for (ptrdiff_t r = 0; p->job->best && r < rows; r++) {
        memcpy(p->job->best + (first + r) * p->job->best_stride, &w->best[r],
               sizeof w->best[r]);
    }
    if (p->job->y.data) {
        for (ptrdiff_t r = 0; r < rows; r++) {
            *hits += w->best[r] == w->y[r];
        }
    }
}

/* The loss of a tile, its score gradients left in w->S; returns the sum over the rows. */
static double
tile_loss(const dp_linear_job *job, const dp_loss_kernels *losses, const workspace *w,
          ptrdiff_t ld, ptrdiff_t rows, ptrdiff_t group)
{
    const ptrdiff_t padded = dp_round_up(rows, group);
    const size_t size = dp_storage_size((dp_storage)job->compute);
    for (ptrdiff_t r = rows; r < padded; r++) {
        w->y[r] = 0;
    }
    for (ptrdiff_t c = 0; padded > rows && c < job->W.rows; c++) {
        memset((char *)w->S + (size_t)(c * ld + rows) * size, 0,
               (size_t)(padded - rows) * size);
    }
    const dp_loss_block block = {
        .S = w->S,
        .ld = ld,
        .C = job->W.rows,
        .rows = padded,
        .y = w->y,
        .parameter = job->parameter,
        .gradient = job->goal == DP_LOSS_GRADIENT,
        .loss = w->loss,
    };
    losses->loss[job->loss](&block);
    double sum = 0.0;
    for (ptrdiff_t r = 0; r < rows; r++) {
        sum += w->loss[r];
    }
    return sum;
}

static int
run_chunk(void *context, ptrdiff_t chunk, int worker)
{
    const pass *p = context;
    const dp_linear_job *job = p->job;
    const dp_linear_plan *plan = p->plan;
    const ptrdiff_t groups = dp_round_up(plan->n, plan->group) / plan->group;
    const ptrdiff_t begin = chunk * groups / plan->chunks * plan->group;
    const ptrdiff_t limit = (chunk + 1) * groups / plan->chunks * plan->group;
    const ptrdiff_t end = limit < plan->n ? limit : plan->n;
    void *dW = p->s.parts + (size_t)chunk * plan->part_bytes;
    workspace w;
    carve_workspace(job, plan, p->s.workers + (size_t)worker * plan->worker_bytes, &w);
    memset(dW, 0, plan->part_bytes);
    double loss = 0.0;
    int64_t hits = 0;
    for (ptrdiff_t first = begin; first < end; first += plan->tile_rows) {
        const ptrdiff_t rows =
            end - first < plan->tile_rows ? end - first : plan->tile_rows;
        if (worker == 0 && job->interrupted &&
            job->interrupted(job->interrupted_context)) {
            return 1;
        }
        load_tile(p, &w, first, rows);
        p->kernels->scores(w.x, rows, p->s.W, plan->ldw, job->W.rows, job->W.cols,
                           job->b.data ? p->s.b : NULL, w.S, plan->tile_rows, w.lanes);
        if (job->goal == DP_SCORES) {
            store_scores(p, &w, first, rows);
        }
        else if (job->goal == DP_PREDICT) {
            predict_tile(p, &w, first, rows, &hits);
        }
        else {
            loss += tile_loss(job, p->losses, &w, plan->tile_rows, rows, plan->group);
        }
        if (job->goal == DP_LOSS_GRADIENT) {
            p->kernels->weight_gradient(w.x, rows, w.S, plan->tile_rows, job->W.rows,
                                        job->W.cols, dW, plan->ldw);
            p->kernels->bias_gradient(w.S, plan->tile_rows, job->W.rows, rows,
                                      part_db(p, chunk));
        }
    }
    p->s.part_loss[chunk] = loss;
    p->s.part_hits[chunk] = hits;
    return 0;
}

/* Class c of the gradient: the chunks' sums, divided by n, and the regularizer's. */
static int
finish_class(void *context, ptrdiff_t c, int worker)
{
    const pass *p = context;
    const dp_linear_job *job = p->job;
    const dp_linear_plan *plan = p->plan;
    const size_t size = dp_storage_size((dp_storage)job->compute);
    const dp_linear_kernels *f64 = dp_linear_table[job->target][DP_f64];
    const double scale = 1.0 / (double)plan->n;
    const size_t row = (size_t)(c * plan->ldw) * size;
    workspace w;
    carve_workspace(job, plan, p->s.workers + (size_t)worker * plan->worker_bytes, &w);
    p->kernels->combine(p->s.parts + row, (ptrdiff_t)(plan->part_bytes / size),
                        plan->chunks, job->W.cols, scale, (const char *)p->s.W + row,
                        job->l1, job->l2, w.row);
    f64->unpack[job->dW.storage](w.row, job->W.cols,
                                 job->dW.data + c * job->dW.row_stride,
                                 job->dW.col_stride);
    if (job->db.data) {
        double sum = 0.0;
        for (ptrdiff_t k = 0; k < plan->chunks; k++) {
            sum += part_db(p, k)[c];
        }
        sum *= scale;
        f64->unpack[job->db.storage](&sum, 1, job->db.data + c * job->db.col_stride, 0);
    }
    return 0;
}

int
dp_linear_run(dp_linear_job *job, const dp_linear_plan *plan, void *scratch)
{
    pass p = {
        .job = job,
        .plan = plan,
        .kernels = dp_linear_table[job->target][job->compute],
        .losses = dp_loss_table[job->target][job->compute],
    };
    carve_shared(job, plan, scratch, &p.s);
    if (job->b.data) {
        pack_row(&p, &job->b, 0, p.s.b);
    }
    dp_parallel(job->W.rows, plan->threads, prepare_class, &p);
    if (dp_parallel(plan->chunks, plan->threads, run_chunk, &p) != 0) {
        return 1;
    }
    double loss = 0.0, penalty = 0.0;
    job->hits = 0;
    for (ptrdiff_t k = 0; k < plan->chunks; k++) {
        loss += p.s.part_loss[k];
        job->hits += p.s.part_hits[k];
    }
    for (ptrdiff_t c = 0; c < job->W.rows; c++) {
        penalty += p.s.penalty[c];
    }
    job->value = loss / (double)plan->n + penalty;
    if (job->goal == DP_LOSS_GRADIENT) {
        dp_parallel(job->W.rows, plan->threads, finish_class, &p);
    }
    return 0;
}

void
dp_penalty_run(dp_linear_job *job, void *scratch)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const dp_linear_kernels *f64 = dp_linear_table[job->target][DP_f64];
    const ptrdiff_t D = job->W.cols;
    char *at = scratch;
    void *w = take(&at, (size_t)D * sizeof(double));
    double *row = take(&at, (size_t)D * sizeof(double));
    job->value = 0.0;
    for (ptrdiff_t c = 0; c < job->W.rows; c++) {
        const char *src = job->W.data + c * job->W.row_stride;
        double sums[2];
        kernels->pack[job->W.storage](w, 0, &src, 1, D, job->W.col_stride);
        kernels->penalty(w, D, sums);
        job->value += (job->l1 != 0.0 ? job->l1 * sums[0] : 0.0) +
                      (job->l2 != 0.0 ? job->l2 * sums[1] : 0.0);
        if (job->dW.data) {
            kernels->combine(NULL, 0, 0, D, 1.0, w, job->l1, job->l2, row);
            f64->unpack[job->dW.storage](row, D, job->dW.data + c * job->dW.row_stride,
                                         job->dW.col_stride);
        }
    }
}

/* ---- the loss at score level ------------------------------------------------------ */

#define SCORE_TILE_ROWS 64

static size_t
carve_score_loss(const dp_linear_job *job, char *memory, workspace *w)
{
    const size_t rows = SCORE_TILE_ROWS;
    const size_t C = (size_t)job->W.rows;
    char *at = memory;
    w->S = take(&at, C * rows * sizeof(double));
    w->y = take(&at, rows * sizeof *w->y);
    w->loss = take(&at, rows * sizeof *w->loss);
    w->row = take(&at, rows * sizeof *w->row);
    return (size_t)(at - memory);
}

size_t
dp_score_loss_bytes(const dp_linear_job *job)
{
    workspace w;
    return carve_score_loss(job, NULL, &w);
}

/* The gradient of a tile, divided by n, to (row, class) of the caller's array. */
static void
store_score_gradient(const dp_linear_job *job, const dp_matrix *out, const workspace *w,
                     ptrdiff_t first, ptrdiff_t rows)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const dp_linear_kernels *f64 = dp_linear_table[job->target][DP_f64];
    const size_t size = dp_storage_size((dp_storage)job->compute);
    const double scale = 1.0 / (double)job->scores.rows;
    for (ptrdiff_t c = 0; c < job->W.rows; c++) {
        const char *G = (const char *)w->S + (size_t)(c * SCORE_TILE_ROWS) * size;
        kernels->combine(G, 0, 1, rows, scale, NULL, 0.0, 0.0, w->row);
        f64->unpack[out->storage](
            w->row, rows, out->data + first * out->row_stride + c * out->col_stride,
            out->row_stride);
    }
}

int
dp_score_loss_run(dp_linear_job *job, const dp_matrix *gradient, void *scratch)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const dp_loss_kernels *losses = dp_loss_table[job->target][job->compute];
    const dp_matrix *s = &job->scores;
    const ptrdiff_t group =
        DP_LANE_BYTES / (ptrdiff_t)dp_storage_size((dp_storage)job->compute);
    const size_t size = dp_storage_size((dp_storage)job->compute);
    workspace w;
    carve_score_loss(job, scratch, &w);
    double loss = 0.0;
    for (ptrdiff_t first = 0; first < s->rows; first += SCORE_TILE_ROWS) {
        const ptrdiff_t rows =
            s->rows - first < SCORE_TILE_ROWS ? s->rows - first : SCORE_TILE_ROWS;
        if (job->interrupted && job->interrupted(job->interrupted_context)) {
            return 1;
        }
        for (ptrdiff_t c = 0; c < job->W.rows; c++) {
            const char *src = s->data + first * s->row_stride + c * s->col_stride;
            kernels->pack[s->storage]((char *)w.S + (size_t)(c * SCORE_TILE_ROWS) * size,
                                      0, &src, 1, rows, s->row_stride);
        }
        for (ptrdiff_t r = 0; r < rows; r++) {
            const int64_t y = dp_ints_get(&job->y, first + r);
            w.y[r] = y < 0 || y >= job->W.rows ? 0 : (int32_t)y;
        }
        loss += tile_loss(job, losses, &w, SCORE_TILE_ROWS, rows, group);
        if (job->goal == DP_LOSS_GRADIENT) {
            store_score_gradient(job, gradient, &w, first, rows);
        }
    }
    job->value = loss / (double)s->rows;
    return 0;
}
