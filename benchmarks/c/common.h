/* Vectors of rows: V examples side by side, as wide as the processor's registers. */
#include <math.h>
#include <string.h>

#if defined(__AVX512F__)
#define V 16
#elif defined(__AVX__)
#define V 8
#else
#define V 4
#endif

typedef float vec __attribute__((vector_size(4 * V)));
typedef int mask __attribute__((vector_size(4 * V)));

#define BLOCKS ((ROWS + V - 1) / V)

static inline float sum(vec v) {
    float total = 0;
    for (int r = 0; r < V; r++) total += v[r];
    return total;
}

/* Rows as vectors, filled up with zeros: out[block][column][row within the block]. */
static void in_blocks(const float *x, int columns, vec *out) {
    memset(out, 0, sizeof(vec) * BLOCKS * columns);
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < columns; k++) out[i / V * columns + k][i % V] = x[i * columns + k];
}

/* 1/ROWS for each row, and 0 where there is none. */
static void make_weights(vec *weight) {
    float one[ROWS];
    for (int i = 0; i < ROWS; i++) one[i] = 1.0f / ROWS;
    in_blocks(one, 1, weight);
}

/* Binary cross entropy of the logits z; delta becomes its derivative. */
static inline vec bce(vec z, vec y, vec weight, vec *delta) {
    vec loss, d;
    for (int r = 0; r < V; r++) {
        float small = expf(-fabsf(z[r]));
        float p = 1.0f / (1.0f + small);
        loss[r] = fmaxf(z[r], 0.0f) - y[r] * z[r] + logf(1.0f + small);
        d[r] = (z[r] > 0 ? p : 1.0f - p) - y[r];
    }
    *delta = weight * d;
    return weight * loss;
}

static inline vec mse(vec z, vec y, vec weight, vec *delta) {
    vec error = z - y;
    *delta = 2 * weight * error;
    return weight * error * error;
}
