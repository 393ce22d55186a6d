/* Reads six numbers a step, and writes the probability of each class and the likeliest one. */
#include <stdio.h>
#include "gesture.c"

int main(void)
{
    gesture_state state;
    float x[GESTURE_INPUTS], y[GESTURE_OUTPUTS];
    int i, k;

    gesture_reset(&state);
    for (;;) {
        for (i = 0; i < GESTURE_INPUTS; i++)
            if (scanf("%f", &x[i]) != 1)
                return 0;
        gesture_step(&state, x, y);
        for (k = 0; k < GESTURE_OUTPUTS; k++)
            printf("%.9g ", y[k]);
        printf("%s\n", gesture_label(y));
        fflush(stdout);
    }
}
