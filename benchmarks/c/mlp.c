/* ROWS examples of INPUTS numbers, HIDDEN neurons (RELU or tanh), one output, LOSS mse or bce.

   theta: W1[INPUTS][HIDDEN], b1[HIDDEN], W2[HIDDEN], b2. */
#include "common.h"

#define SPAN ((INPUTS + V - 1) / V) /* vectors in a row of x */

/* Neurons whose sums fit into the registers: 32 with AVX-512, else 16. */
#define TILE (V == 16 || HIDDEN <= 10 ? HIDDEN : HIDDEN / 2)
#define GROUP (V == 16 ? HIDDEN / 4 : HIDDEN / 10)

static vec xs[BLOCKS][INPUTS], ys[BLOCKS], weight[BLOCKS];
static vec h[BLOCKS][HIDDEN], deltas[BLOCKS][HIDDEN];
static float W1[INPUTS][HIDDEN], b1[HIDDEN], W2[HIDDEN], b2;

static inline void activate(vec *a) {
    float *flat = (float *)a;
#ifdef RELU
    for (int j = 0; j < HIDDEN * V; j++) flat[j] = fmaxf(flat[j], 0.0f);
#else
    for (int j = 0; j < HIDDEN * V; j++) flat[j] = 1.0f - 2.0f / (1.0f + expf(2.0f * flat[j]));
#endif
}

/* The hidden layer of a block: TILE neurons at a time in registers. */
static inline void forward(const vec *x, vec *out) {
    for (int start = 0; start < HIDDEN; start += TILE) {
        vec a[TILE];
#pragma GCC unroll 32
        for (int j = 0; j < TILE; j++) a[j] = (vec){0} + b1[start + j];
        for (int k = 0; k < INPUTS; k++)
#pragma GCC unroll 32
            for (int j = 0; j < TILE; j++) a[j] += W1[k][start + j] * x[k];
#pragma GCC unroll 32
        for (int j = 0; j < TILE; j++) out[start + j] = a[j];
    }
    activate(out);
}

#if INPUTS > 4
/* x again, a row in SPAN vectors; sums over all rows are made for GROUP neurons in registers. */
static vec rows[BLOCKS * V][SPAN];

static inline void descend_inputs(float rate) {
    for (int start = 0; start < HIDDEN; start += GROUP) {
        vec a[GROUP][SPAN];
        memset(a, 0, sizeof a);
        for (int i = 0; i < BLOCKS; i++)
            for (int r = 0; r < V; r++)
#pragma GCC unroll 32
                for (int j = 0; j < GROUP; j++)
#pragma GCC unroll 32
                    for (int s = 0; s < SPAN; s++)
                        a[j][s] += deltas[i][start + j][r] * rows[i * V + r][s];
        for (int j = 0; j < GROUP; j++)
            for (int k = 0; k < INPUTS; k++) W1[k][start + j] -= rate * a[j][k / V][k % V];
    }
}
#endif

/* Every derivative by what lies below a hidden neuron, then the neuron's descent. */
static inline void descend(int j, const vec *delta, float rate) {
    vec g1[INPUTS > 4 ? 1 : INPUTS] = {0}, gb1 = {0}, g2 = {0};
    for (int i = 0; i < BLOCKS; i++) {
        vec out = h[i][j];
        g2 += delta[i] * out;
#ifdef RELU
        vec below = (vec)((out > 0) & (mask)(delta[i] * W2[j]));
#else
        vec below = delta[i] * W2[j] * (1 - out * out);
#endif
        gb1 += below;
#if INPUTS > 4
        deltas[i][j] = below;
#else
        for (int k = 0; k < INPUTS; k++) g1[k] += below * xs[i][k];
#endif
    }
    W2[j] -= rate * sum(g2);
    b1[j] -= rate * sum(gb1);
#if INPUTS <= 4
    for (int k = 0; k < INPUTS; k++) W1[k][j] -= rate * sum(g1[k]);
#endif
}

static float step(float rate) {
    vec loss = {0}, gb2 = {0}, delta[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        forward(xs[i], h[i]);
        vec z = (vec){0} + b2;
        for (int j = 0; j < HIDDEN; j++) z += W2[j] * h[i][j];
        loss += LOSS(z, ys[i], weight[i], &delta[i]);
        gb2 += delta[i];
    }
    for (int j = 0; j < HIDDEN; j++) descend(j, delta, rate);
    b2 -= rate * sum(gb2);
#if INPUTS > 4
    descend_inputs(rate);
#endif
    return sum(loss);
}

void train(const float *x, const float *y, float *theta, int steps, float rate, float *losses) {
    in_blocks(x, INPUTS, xs[0]);
    in_blocks(y, 1, ys);
    make_weights(weight);
#if INPUTS > 4
    for (int i = 0; i < ROWS; i++) memcpy(rows[i], x + i * INPUTS, sizeof(float) * INPUTS);
#endif
    memcpy(W1, theta, sizeof W1);
    memcpy(b1, theta + INPUTS * HIDDEN, sizeof b1);
    memcpy(W2, theta + INPUTS * HIDDEN + HIDDEN, sizeof W2);
    b2 = theta[INPUTS * HIDDEN + 2 * HIDDEN];
    for (int i = 0; i < steps; i++) losses[i] = step(rate);
}
