/* ROWS points in the plane, two weights and a bias, descent on binary cross entropy. */
#include "common.h"

void train(const float *x, const float *y, float *theta, int steps, float rate, float *losses) {
    vec xs[BLOCKS][2], ys[BLOCKS], weight[BLOCKS];
    in_blocks(x, 2, xs[0]);
    in_blocks(y, 1, ys);
    make_weights(weight);
    float w0 = theta[0], w1 = theta[1], b = theta[2];
    for (int step = 0; step < steps; step++) {
        vec loss = {0}, g0 = {0}, g1 = {0}, gb = {0};
        for (int i = 0; i < BLOCKS; i++) {
            vec delta;
            loss += bce(w0 * xs[i][0] + w1 * xs[i][1] + b, ys[i], weight[i], &delta);
            g0 += delta * xs[i][0];
            g1 += delta * xs[i][1];
            gb += delta;
        }
        w0 -= rate * sum(g0);
        w1 -= rate * sum(g1);
        b -= rate * sum(gb);
        losses[step] = sum(loss);
    }
    theta[0] = w0;
    theta[1] = w1;
    theta[2] = b;
}
