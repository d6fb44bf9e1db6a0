#include "engine/linear_pass.h"

#include <stdatomic.h>
#include <string.h>

#include "engine/scratch.h"
#include "parallel.h"

typedef struct {
    dp_linear_job *job;
    const dp_linear_plan *plan;
    const dp_linear_kernels *kernels;
    dp_shared s;
    atomic_int stop; /* set by the calling thread, seen by all at their next tile */
} pass;

/* Asks, on the calling thread, whether to stop. */
static int
asked_to_stop(void *context)
{
    pass *p = context;
    return dp_asked_to_stop(p->job, &p->stop);
}

static double *
part_db(const pass *p, ptrdiff_t chunk)
{
    char *part = p->s.parts + (size_t)chunk * p->plan->part_bytes;
    return (double *)(part + p->plan->part_bytes -
                      dp_align64((size_t)p->job->W.rows * sizeof(double)));
}

static void
pack_row(const pass *p, const dp_matrix *m, ptrdiff_t row, void *dst)
{
    const char *src = m->data + row * m->row_stride;
    p->kernels->pack[m->storage](dst, src, m->cols, m->col_stride);
}

static char *
packed_class(const pass *p, ptrdiff_t c)
{
    const size_t size = dp_compute_size(p->job->compute);
    return (char *)p->s.W + (size_t)(c * p->plan->ldw) * size;
}

/* The regularizer of class c's packed weights. */
static void
penalize_class(const pass *p, ptrdiff_t c)
{
    const dp_linear_job *job = p->job;
    const char *w = packed_class(p, c);
    double sums[2] = {0.0, 0.0};
    if (job->l1 != 0.0 || job->l2 != 0.0) {
        p->kernels->penalty(w, job->W.cols, sums);
    }
    p->s.penalty[c] = (job->l1 != 0.0 ? job->l1 * sums[0] : 0.0) +
                      (job->l2 != 0.0 ? job->l2 * sums[1] : 0.0);
}

/* Class c's weights into rows padded with zeros, and their regularizer. */
static int
prepare_class(void *context, ptrdiff_t c, int worker)
{
    const pass *p = context;
    const dp_linear_job *job = p->job;
    const size_t size = dp_compute_size(job->compute);
    char *w = packed_class(p, c);
    (void)worker;
    memset(w + (size_t)job->W.cols * size, 0,
           (size_t)(p->plan->ldw - job->W.cols) * size);
    pack_row(p, &job->W, c, w);
    penalize_class(p, c);
    return 0;
}

static void
store_scores(const pass *p, const dp_workspace *w, ptrdiff_t first, ptrdiff_t rows)
{
    const dp_matrix *out = &p->job->scores;
    const size_t size = dp_compute_size(p->job->compute);
    for (ptrdiff_t c = 0; c < p->job->W.rows; c++) {
        p->kernels->unpack[out->storage](
            (const char *)w->S + (size_t)(c * p->plan->tile_rows) * size, rows,
            out->data + first * out->row_stride + c * out->col_stride, out->row_stride);
    }
}

static void
predict_tile(const pass *p, const dp_workspace *w, ptrdiff_t first, ptrdiff_t rows,
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

/* Adds each model's loss of the tile to losses[model]. */
static void
add_losses(const pass *p, const dp_workspace *w, ptrdiff_t rows, double *losses)
{
    const dp_linear_plan *plan = p->plan;
    const size_t size = dp_compute_size(p->job->compute);
    dp_workspace own = *w;
    for (ptrdiff_t k = 0; k < plan->models; k++) {
        own.S = (char *)w->S + (size_t)(k * plan->classes * plan->tile_rows) * size;
        dp_tile_loss(p->job, &own, plan->classes, plan->tile_rows, rows, &losses[k]);
    }
}

static int
run_chunk(void *context, ptrdiff_t chunk, int worker)
{
    pass *p = context;
    const dp_linear_job *job = p->job;
    const dp_linear_plan *plan = p->plan;
    const ptrdiff_t groups = dp_round_up(plan->n, DP_GROUP_ROWS) / DP_GROUP_ROWS;
    const ptrdiff_t begin = chunk * groups / plan->chunks * DP_GROUP_ROWS;
    const ptrdiff_t limit = (chunk + 1) * groups / plan->chunks * DP_GROUP_ROWS;
    const ptrdiff_t end = limit < plan->n ? limit : plan->n;
    dp_tile t = {job, plan, p->kernels, &p->s, 0, {0}};
    t.size = (ptrdiff_t)dp_compute_size(job->compute);
    dp_carve_workspace(job, plan, p->s.workers + (size_t)worker * plan->worker_bytes,
                       &t.w);
    char *dW = p->s.parts + (size_t)chunk * plan->part_bytes;
    memset(dW, 0, plan->part_bytes);
    double *losses = p->s.part_loss + chunk * plan->models;
    memset(losses, 0, (size_t)plan->models * sizeof *losses);
    int64_t hits = 0;
    for (ptrdiff_t first = begin; first < end; first += plan->tile_rows) {
        const ptrdiff_t rows =
            end - first < plan->tile_rows ? end - first : plan->tile_rows;
        if (worker == 0 ? asked_to_stop(p)
                        : atomic_load_explicit(&p->stop, memory_order_relaxed)) {
            return 1;
        }
        dp_tile_load(&t, first, rows);
        dp_tile_scores(&t, rows);
        if (job->goal == DP_SCORES) {
            store_scores(p, &t.w, first, rows);
        }
        else if (job->goal == DP_PREDICT) {
            predict_tile(p, &t.w, first, rows, &hits);
        }
        else if (job->goal == DP_CURVATURE) {
            dp_tile_curvature(job, plan, &t.w, rows);
        }
        else {
            add_losses(p, &t.w, rows, losses);
        }
        if (plan->results > 0) {
            dp_tile_gradient(&t, rows, dW, part_db(p, chunk), first + rows, end);
        }
    }
    p->s.part_hits[chunk] = hits;
    return 0;
}

/* The update of class c's weights by its gradient in w->row, rounded to their dtype. */
static void
update_class(const pass *p, ptrdiff_t c, dp_workspace *w)
{
    const dp_linear_job *job = p->job;
    const dp_update *update = job->update;
    const size_t size = dp_compute_size(job->compute);
    const size_t row = (size_t)(c * p->plan->ldw) * size;
    void *states[DP_STEP_STATES_MAX];
    for (int k = 0; k < DP_STEP_STATES_MAX; k++) {
        states[k] = update->states[k] ? update->states[k] + row : NULL;
    }
    dp_linear_table[job->target][DP_f64]->unpack[job->compute](
        w->row, job->W.cols, w->gradient, (ptrdiff_t)size);
    if (update->common) {
        dp_step_table[job->target][job->compute]->prepare(
            packed_class(p, c), w->gradient, w->gradient, job->W.cols, update->common);
    }
    update->step(packed_class(p, c), w->gradient, states, job->W.cols, update->scalars);
    penalize_class(p, c);
}

/* Model k's mean loss and regularizer. */
static double
model_value(const pass *p, ptrdiff_t k)
{
    const dp_linear_plan *plan = p->plan;
    double loss = 0.0, penalty = 0.0;
    for (ptrdiff_t chunk = 0; chunk < plan->chunks; chunk++) {
        loss += p->s.part_loss[chunk * plan->models + k];
    }
    for (ptrdiff_t c = 0; c < plan->classes; c++) {
        penalty += p->s.penalty[k * plan->classes + c];
    }
    return loss / (double)plan->n + penalty;
}

/* Row c of the gradient, or of the products: the chunks' sums, divided by n, and the
 * regularizer's, whose second derivative is 2 l2 and, of the absolute values, 0. */
static int
finish_class(void *context, ptrdiff_t c, int worker)
{
    const pass *p = context;
    const dp_linear_job *job = p->job;
    const dp_linear_plan *plan = p->plan;
    const size_t size = dp_compute_size(job->compute);
    const dp_linear_kernels *f64 = dp_linear_table[job->target][DP_f64];
    const double scale = 1.0 / (double)plan->n;
    const size_t row = (size_t)(c * plan->ldw) * size;
    dp_workspace w;
    dp_carve_workspace(job, plan, p->s.workers + (size_t)worker * plan->worker_bytes,
                       &w);
    p->kernels->combine(p->s.parts + row, (ptrdiff_t)(plan->part_bytes / size),
                        plan->chunks, job->W.cols, scale,
                        packed_class(p, plan->passive + c),
                        job->goal == DP_CURVATURE ? 0.0 : job->l1, job->l2, w.row);
    if (job->update) {
        update_class(p, c, &w);
        return 0;
    }
    f64->unpack[job->dW.storage](
        w.row, job->W.cols, job->dW.data + c * job->dW.row_stride, job->dW.col_stride);
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

static pass
start_pass(dp_linear_job *job, const dp_linear_plan *plan, const dp_shared *s)
{
    return (pass){
        .job = job,
        .plan = plan,
        .kernels = dp_linear_table[job->target][job->compute],
        .s = *s,
    };
}

void
dp_linear_prepare(dp_linear_job *job, const dp_linear_plan *plan, const dp_shared *s)
{
    pass p = start_pass(job, plan, s);
    if (job->b.data) {
        pack_row(&p, &job->b, 0, p.s.b);
    }
    dp_parallel(job->W.rows, plan->threads, prepare_class, NULL, &p);
}

int
dp_linear_pass(dp_linear_job *job, const dp_linear_plan *plan, const dp_shared *s)
{
    pass p = start_pass(job, plan, s);
    atomic_init(&p.stop, 0);
    /* Asked to stop while the others were in their last tiles, no task says so. */
    if (dp_parallel(plan->chunks, plan->threads, run_chunk, asked_to_stop, &p) != 0 ||
        atomic_load_explicit(&p.stop, memory_order_relaxed)) {
        return 1;
    }
    job->hits = 0;
    for (ptrdiff_t k = 0; k < plan->chunks; k++) {
        job->hits += p.s.part_hits[k];
    }
    job->value = model_value(&p, 0);
    for (ptrdiff_t k = 0; job->values && k < plan->models; k++) {
        const double value = model_value(&p, k);
        memcpy(job->values + k * job->values_stride, &value, sizeof value);
    }
    if (plan->results > 0) {
        dp_parallel(plan->results, plan->threads, finish_class, NULL, &p);
    }
    return 0;
}

int
dp_linear_run(dp_linear_job *job, const dp_linear_plan *plan, void *scratch)
{
    dp_shared s;
    dp_carve_shared(job, plan, scratch, &s);
    dp_linear_prepare(job, plan, &s);
    return dp_linear_pass(job, plan, &s);
}
