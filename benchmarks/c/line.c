/* ROWS points, two scalars, descent on the mean squared error. */
#include "common.h"

void train(const float *x, const float *y, float *theta, int steps, float rate, float *losses) {
    vec xs[BLOCKS], ys[BLOCKS], weight[BLOCKS];
    in_blocks(x, 1, xs);
    in_blocks(y, 1, ys);
    make_weights(weight);
    float w = theta[0], b = theta[1];
    for (int step = 0; step < steps; step++) {
        vec loss = {0}, gw = {0}, gb = {0};
        for (int i = 0; i < BLOCKS; i++) {
            vec delta;
            loss += mse(w * xs[i] + b, ys[i], weight[i], &delta);
            gw += delta * xs[i];
            gb += delta;
        }
        w -= rate * sum(gw);
        b -= rate * sum(gb);
        losses[step] = sum(loss);
    }
    theta[0] = w;
    theta[1] = b;
}
