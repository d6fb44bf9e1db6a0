/* One row tile of a pass: packing, scores, weight gradient. */
#include <string.h>

#include "engine/scratch.h"

/* The soft labels of `rows` examples, class-major. */
static void
load_soft_labels(const dp_tile *t, ptrdiff_t first, ptrdiff_t rows)
{
    const dp_linear_job *job = t->job;
    const dp_matrix *q = &job->q;
    const ptrdiff_t run = job->index.data ? 1 : rows; /* so many lie evenly spaced */
    for (ptrdiff_t r = 0; r < rows; r += run) {
        const char *src = q->data + dp_example_at(job, first + r) * q->row_stride;
        for (ptrdiff_t c = 0; c < q->cols; c++) {
            char *dst = (char *)t->w.Q + (c * t->plan->tile_rows + r) * t->size;
            t->kernels->pack[q->storage](dst, src + c * q->col_stride, run,
                                         q->row_stride);
        }
    }
}

void
dp_tile_load(const dp_tile *t, ptrdiff_t first, ptrdiff_t rows)
{
    const dp_linear_job *job = t->job;
    for (ptrdiff_t r = 0; r < rows; r++) {
        const ptrdiff_t at = dp_example_at(job, first + r);
        t->w.rows[r] = job->X.data + at * job->X.row_stride;
        if (job->y.data) {
            t->w.y[r] = dp_label_at(job, at, t->plan->classes);
        }
    }
    if (t->w.Q) {
        load_soft_labels(t, first, rows);
    }
}

/* Slice s of row r in the packed tile. */
static char *
packed(const dp_tile *t, ptrdiff_t r, ptrdiff_t s)
{
    const dp_linear_plan *plan = t->plan;
    return (char *)t->w.tile +
           (r / DP_GROUP_ROWS * plan->group_step + s * plan->step) * t->size +
           r % DP_GROUP_ROWS * DP_LANE_BYTES;
}

/* Brings `slices` slices, from s on, of rows r .. r + n_rows into the tile, with zeros to
 * the end of the last. */
static void
pack_block(const dp_tile *t, ptrdiff_t r, ptrdiff_t n_rows, ptrdiff_t s,
           ptrdiff_t slices)
{
    const dp_matrix *X = &t->job->X;
    const dp_linear_plan *plan = t->plan;
    const ptrdiff_t d = s * plan->lanes, all = slices * plan->lanes;
    const ptrdiff_t count = X->cols - d < all ? X->cols - d : all;
    const char *from[DP_TILE_ROWS_MAX];
    for (ptrdiff_t k = 0; k < n_rows; k++) {
        from[k] = t->w.rows[r + k] + d * X->col_stride;
        if (count < all) {
            memset(packed(t, r + k, s + slices - 1), 0, DP_LANE_BYTES);
        }
    }
    t->kernels->pack_tile[X->storage](packed(t, r, s), plan->step, plan->group_step,
                                      from, n_rows, count, X->col_stride);
}

/* Adds a block's products with `classes` classes from c on to the partial sums of rows
 * r .. r + n_rows, all of one group. */
static void
score_block(const dp_tile *t, ptrdiff_t r, ptrdiff_t n_rows, ptrdiff_t s,
            ptrdiff_t slices, ptrdiff_t c, ptrdiff_t classes, int direct)
{
    const dp_linear_plan *plan = t->plan;
    const void *x[DP_GROUP_ROWS];
    for (ptrdiff_t k = 0; k < n_rows; k++) {
        x[k] = direct ? t->w.rows[r + k] + s * DP_LANE_BYTES : packed(t, r + k, s);
    }
    t->kernels->score_block(
        x, direct ? plan->lanes : plan->step, n_rows,
        (const char *)t->s->W + c * plan->ldw * t->size + s * DP_LANE_BYTES, plan->ldw,
        classes, slices, s == 0, (char *)t->w.lanes + r * classes * DP_LANE_BYTES);
}

/* Packs and scores rows r .. r + n_rows for `classes` classes from c on, block by block of
 * features, while each is in a near cache. */
static void
score_rows(const dp_tile *t, ptrdiff_t r, ptrdiff_t n_rows, ptrdiff_t c,
           ptrdiff_t classes)
{
    const dp_linear_plan *plan = t->plan;
    for (ptrdiff_t s = 0; s < plan->slices; s += plan->block) {
        const ptrdiff_t slices =
            plan->slices - s < plan->block ? plan->slices - s : plan->block;
        const int direct = plan->direct && (s + slices) * plan->lanes <= t->job->X.cols;
        if (c == 0 && !direct) {
            pack_block(t, r, n_rows, s, slices);
        }
        for (ptrdiff_t k = 0; k < n_rows; k += DP_GROUP_ROWS) {
            score_block(t, r + k,
                        n_rows - k < DP_GROUP_ROWS ? n_rows - k : DP_GROUP_ROWS, s,
                        slices, c, classes, direct);
        }
    }
}

void
dp_tile_scores(const dp_tile *t, ptrdiff_t rows)
{
    const dp_linear_plan *plan = t->plan;
    const ptrdiff_t C = t->job->W.rows;
    for (ptrdiff_t c = 0; c < C; c += DP_CLASS_PANEL) {
        const ptrdiff_t classes = C - c < DP_CLASS_PANEL ? C - c : DP_CLASS_PANEL;
        for (ptrdiff_t r = 0; r < rows; r += plan->at_once) {
            score_rows(t, r, rows - r < plan->at_once ? rows - r : plan->at_once, c,
                       classes);
        }
        t->kernels->score_sums(
            t->w.lanes, rows, classes,
            t->job->b.data ? (const char *)t->s->b + c * t->size : NULL,
            (char *)t->w.S + c * plan->tile_rows * t->size, plan->tile_rows);
    }
}

/* Where the rows of row group g of the tile that comes next lie, for the gradient of this
 * tile's group g to ask for meanwhile; or NULL. Not for columns: what each saves the
 * packer costs the gradient as much, as every line lies in another page (measured on
 * Zen 3). */
static const char *const *
look_ahead(const dp_tile *t, ptrdiff_t next, ptrdiff_t end, ptrdiff_t g)
{
    const dp_matrix *X = &t->job->X;
    if (next >= end || t->plan->columns) {
        return NULL;
    }
    for (ptrdiff_t k = 0; k < DP_GROUP_ROWS; k++) {
        const ptrdiff_t row = next + g * DP_GROUP_ROWS + k;
        t->w.ahead[k] =
            X->data + dp_example_at(t->job, row < end ? row : end - 1) * X->row_stride;
    }
    return t->w.ahead;
}

void
dp_tile_gradient(const dp_tile *t, ptrdiff_t rows, void *dW, double *db, ptrdiff_t next,
                 ptrdiff_t end)
{
    const dp_linear_job *job = t->job;
    const dp_linear_plan *plan = t->plan;
    /* Of one feature any stride is possible, and none is walked. */
    const ptrdiff_t ahead_step = plan->slices > 1 ? plan->lanes * job->X.col_stride : 0;
    for (ptrdiff_t r = 0; r < rows; r += DP_GROUP_ROWS) {
        const ptrdiff_t n_rows = rows - r < DP_GROUP_ROWS ? rows - r : DP_GROUP_ROWS;
        const char *S =
            (const char *)t->w.S + (plan->passive * plan->tile_rows + r) * t->size;
        t->kernels->weight_gradient(
            packed(t, r, 0), plan->step, n_rows, S, plan->tile_rows, plan->results,
            plan->slices, dW, plan->ldw, look_ahead(t, next, end, r / DP_GROUP_ROWS),
            ahead_step);
        t->kernels->bias_gradient(S, plan->tile_rows, plan->results, n_rows, db);
    }
}
