/* The losses at score level, and the regularizers and the proximal L1 step alone. */
#include <string.h>

#include "engine/scratch.h"

#define SCORE_TILE_ROWS 64

/* The block of C classes of the tile in w, whose rows are padded to whole lanes: with
 * label 0 (soft labels 0), and `padded` classes' scores of 0. */
static dp_loss_block
loss_block(const dp_linear_job *job, const dp_workspace *w, ptrdiff_t C, ptrdiff_t ld,
           ptrdiff_t rows, ptrdiff_t padded)
{
    const size_t size = dp_compute_size(job->compute);
    const ptrdiff_t whole = dp_round_up(rows, DP_LANE_BYTES / (ptrdiff_t)size);
    for (ptrdiff_t r = rows; r < whole; r++) {
        w->y[r] = 0;
    }
    for (ptrdiff_t c = 0; whole > rows && c < padded; c++) {
        memset((char *)w->S + (size_t)(c * ld + rows) * size, 0,
               (size_t)(whole - rows) * size);
    }
    for (ptrdiff_t c = 0; w->Q && c < C; c++) {
        memset((char *)w->Q + (size_t)(c * ld + rows) * size, 0,
               (size_t)(whole - rows) * size);
    }
    return (dp_loss_block){
        .S = w->S,
        .ld = ld,
        .C = C,
        .rows = whole,
        .y = w->y,
        .Q = w->Q,
        .parameter = job->parameter,
        .gradient = job->goal != DP_LOSS,
        .loss = w->loss,
    };
}

void
dp_tile_loss(const dp_linear_job *job, const dp_workspace *w, ptrdiff_t C, ptrdiff_t ld,
             ptrdiff_t rows, double *sum)
{
    const dp_loss_kernels *losses = dp_loss_table[job->target][job->compute];
    const dp_loss_block block = loss_block(job, w, C, ld, rows, C);
    losses->loss[job->loss](&block);
    for (ptrdiff_t r = 0; r < rows; r++) {
        *sum += w->loss[r];
    }
}

void
dp_tile_curvature(const dp_linear_job *job, const dp_linear_plan *plan,
                  const dp_workspace *w, ptrdiff_t rows)
{
    const dp_loss_kernels *losses = dp_loss_table[job->target][job->compute];
    const dp_loss_curvature *curvature = &losses->curvature[job->loss];
    const ptrdiff_t C = plan->classes, ld = plan->tile_rows;
    const dp_loss_block block = loss_block(job, w, C, ld, rows, job->W.rows);
    const size_t model = (size_t)(C * ld) * dp_compute_size(job->compute);
    curvature->prepare(&block);
    for (ptrdiff_t k = 1; k < plan->models; k++) {
        curvature->product(&block, (char *)w->S + (size_t)k * model);
    }
}

static size_t
carve_score_loss(const dp_linear_job *job, void *memory, dp_workspace *w)
{
    const size_t rows = SCORE_TILE_ROWS;
    const size_t C = (size_t)job->W.rows;
    uintptr_t at = (uintptr_t)memory;
    w->S = dp_take(&at, C * rows * sizeof(double));
    w->Q = job->q.data ? dp_take(&at, C * rows * sizeof(double)) : NULL;
    w->y = dp_take(&at, rows * sizeof *w->y);
    w->loss = dp_take(&at, rows * sizeof *w->loss);
    w->row = dp_take(&at, rows * sizeof *w->row);
    return at - (uintptr_t)memory;
}

size_t
dp_score_loss_bytes(const dp_linear_job *job)
{
    dp_workspace w;
    return dp_fits(job->W.rows) ? carve_score_loss(job, NULL, &w) : SIZE_MAX;
}

/* Columns (n, C) of the caller's array from row `first` on, into a class-major tile. */
static void
load_columns(const dp_linear_job *job, const dp_matrix *m, ptrdiff_t first,
             ptrdiff_t rows, void *tile)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const size_t size = dp_compute_size(job->compute);
    for (ptrdiff_t c = 0; c < m->cols; c++) {
        const char *src = m->data + first * m->row_stride + c * m->col_stride;
        kernels->pack[m->storage]((char *)tile + (size_t)(c * SCORE_TILE_ROWS) * size,
                                  src, rows, m->row_stride);
    }
}

/* The gradient of a tile, divided by n, to (row, class) of the caller's array. */
static void
store_score_gradient(const dp_linear_job *job, const dp_matrix *out,
                     const dp_workspace *w, ptrdiff_t first, ptrdiff_t rows)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const dp_linear_kernels *f64 = dp_linear_table[job->target][DP_f64];
    const size_t size = dp_compute_size(job->compute);
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
    const dp_matrix *s = &job->scores;
    dp_workspace w;
    carve_score_loss(job, scratch, &w);
    double loss = 0.0;
    for (ptrdiff_t first = 0; first < s->rows; first += SCORE_TILE_ROWS) {
        const ptrdiff_t rows =
            s->rows - first < SCORE_TILE_ROWS ? s->rows - first : SCORE_TILE_ROWS;
        if (job->interrupted && job->interrupted(job->interrupted_context)) {
            return 1;
        }
        load_columns(job, s, first, rows, w.S);
        if (w.Q) {
            load_columns(job, &job->q, first, rows, w.Q);
        }
        for (ptrdiff_t r = 0; job->y.data && r < rows; r++) {
            w.y[r] = dp_label_at(job, first + r, job->W.rows);
        }
        dp_tile_loss(job, &w, job->W.rows, SCORE_TILE_ROWS, rows, &loss);
        if (job->goal == DP_LOSS_GRADIENT) {
            store_score_gradient(job, gradient, &w, first, rows);
        }
    }
    job->value = loss / (double)s->rows;
    return 0;
}

static size_t
carve_penalty(const dp_linear_job *job, void *memory, double **w, double **row)
{
    uintptr_t at = (uintptr_t)memory;
    *w = dp_take(&at, (size_t)job->W.cols * sizeof(double));
    *row = dp_take(&at, (size_t)job->W.cols * sizeof(double));
    return at - (uintptr_t)memory;
}

size_t
dp_penalty_bytes(const dp_linear_job *job)
{
    double *w, *row;
    return dp_fits(job->W.cols) ? carve_penalty(job, NULL, &w, &row) : SIZE_MAX;
}

void
dp_penalty_run(dp_linear_job *job, void *scratch)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const dp_linear_kernels *f64 = dp_linear_table[job->target][DP_f64];
    const ptrdiff_t D = job->W.cols;
    double *w, *row;
    carve_penalty(job, scratch, &w, &row);
    job->value = 0.0;
    for (ptrdiff_t c = 0; c < job->W.rows; c++) {
        const char *src = job->W.data + c * job->W.row_stride;
        double sums[2];
        kernels->pack[job->W.storage](w, src, D, job->W.col_stride);
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

void
dp_proximal_l1_run(const dp_linear_job *job, double threshold, void *scratch)
{
    const dp_linear_kernels *kernels = dp_linear_table[job->target][job->compute];
    const dp_linear_kernels *f64 = dp_linear_table[job->target][DP_f64];
    const ptrdiff_t D = job->W.cols;
    double *w, *row;
    carve_penalty(job, scratch, &w, &row);
    for (ptrdiff_t c = 0; c < job->W.rows; c++) {
        const char *src = job->W.data + c * job->W.row_stride;
        kernels->pack[job->W.storage](w, src, D, job->W.col_stride);
        kernels->proximal_l1(w, D, threshold, row);
        f64->unpack[job->dW.storage](row, D, job->dW.data + c * job->dW.row_stride,
                                     job->dW.col_stride);
    }
}
