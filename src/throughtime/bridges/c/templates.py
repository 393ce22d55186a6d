"""The parts of a C file, with places for what differs from network to network."""

from string import Template

FILE = Template("""\
/* A recurrent network in C99: $cell, $layers of $H hidden units. Written by throughtime $version.

$interface
   It needs nothing but <math.h> (link with -lm), and no memory but what is declared here. Sequences and outputs lie
   step by step: x[t * ${NAME}_INPUTS + i], y[t * ${NAME}_OUTPUTS + o]. */

#include <math.h>

#define ${NAME}_INPUTS $I
#define ${NAME}_HIDDEN $H
#define ${NAME}_LAYERS $L
#define ${NAME}_DIRECTIONS $D
#define ${NAME}_WIDTH (${NAME}_DIRECTIONS * ${NAME}_HIDDEN)
#define ${NAME}_OUTPUTS $O
$declarations
typedef struct {
    int inputs;
    const $real $members;
} ${name}_parameters;

$parameters
/* Row j of a matrix, multiplied by v (n). */
static $real ${name}_dot(const $real *rows, int j, const $real *v, int n)
{
    const $real *row = rows + (long)j * n;
    $real sum = 0;
    int k;
    for (k = 0; k < n; k++)
        sum += row[k] * v[k];
    return sum;
}
$functions
/* One step of a layer in one direction: x and the states before it, which become those after it. */
static void ${name}_cell(const ${name}_parameters *p, const $real *x, $arguments)
{
$body
}

$pool/* The outputs, from $from. */
static void ${name}_readout(const $real *h, $real *y)
{
$readout
}
$rest""")

FUNCTIONS = {
    "sigmoid": """
static $real ${name}_sigmoid($real x)
{
    const $real e = exp$f(-fabs$f(x)); /* never overflows */
    return (x < 0 ? e : 1) / (1 + e);
}
""",
    "relu": """
static $real ${name}_relu($real x)
{
    return x > 0 ? x : 0;
}
""",
    "softplus": """
static $real ${name}_softplus($real x)
{
    return (x > 0 ? x : 0) + log1p$f(exp$f(-fabs$f(x))); /* never overflows */
}
""",
    "minimum": """
static $real ${name}_minimum($real a, $real b)
{
    return a <= b ? a : b;
}
""",
    "maximum": """
static $real ${name}_maximum($real a, $real b)
{
    return a <= b ? b : a;
}
""",
}

SOFTMAX = """\
    $real largest, sum = 0;
    int k;
    for (k = 0; k < ${NAME}_OUTPUTS; k++)
        y[k] = $net;
    largest = y[0];
    for (k = 1; k < ${NAME}_OUTPUTS; k++)
        largest = y[k] > largest ? y[k] : largest;
    for (k = 0; k < ${NAME}_OUTPUTS; k++)
        sum += y[k] = exp$f(y[k] - largest);
    for (k = 0; k < ${NAME}_OUTPUTS; k++)
        y[k] /= sum;"""

ONE_DIRECTION = """
${linkage}void ${name}_reset(${name}_state *state)
{
    int layer, j;
    for (layer = 0; layer < ${NAME}_LAYERS; layer++)
        for (j = 0; j < ${NAME}_HIDDEN; j++)
            $zeros;
$none}

${linkage}void ${name}_step(${name}_state *state, const $real *x, $real *y)
{
    int layer;
    for (layer = 0; layer < ${NAME}_LAYERS; layer++) {
        ${name}_cell(&${name}_layers[layer], x, $states);
        x = state->$first[layer];
    }
$add    if (y != 0)
        ${name}_readout($h, y);
}

int ${name}_predict(long steps, const $real *x, $real *y)
{
    ${name}_state state;
    long t;
    if (steps < 1)
        return -1;
$window    ${name}_reset(&state);
    for (t = 0; t < steps; t++)
        ${name}_step(&state, x + t * ${NAME}_INPUTS, $to);
$ahead    return 0;
}
"""

NONE = """\
    {0}.largest = {0}.total = 0;
    for (j = 0; j < ${{NAME}}_OUTPUTS; j++)
        {0}.mean[j] = 0;
"""

POOL = """\
/* One step more in the mean over time of the outputs; the last of them is the logarithm of its weight. */
static void ${name}_pool(${name}_pooled *pooled, const $real *h)
{
    $real score, weight;
    int k = ${NAME}_OUTPUTS;
    score = $net;
    if (pooled->total == 0)
        pooled->largest = score;
    if (score > pooled->largest) {
        pooled->total *= exp$f(pooled->largest - score);
        pooled->largest = score;
    }
    weight = exp$f(score - pooled->largest);
    pooled->total += weight;
    for (k = 0; k < ${NAME}_OUTPUTS; k++)
        pooled->mean[k] += weight / pooled->total * ($net - pooled->mean[k]);
}

"""

BOTH_DIRECTIONS = """
/* Step t of a layer's input, and where its states go: above x, layers write into two places by turns. */
static $real ${name}_between[$places][${NAME}_MOST_STEPS][${NAME}_WIDTH];

int ${name}_predict(long steps, const $real *x, $real *y)
{
    $real own[$count][${NAME}_HIDDEN];
$pooled    const $real *in;
    long k, t;
    int layer, direction, j;
    if (steps < 1 || steps > ${NAME}_MOST_STEPS)
        return -1;
    for (layer = 0; layer < ${NAME}_LAYERS; layer++)
        for (direction = 0; direction < 2; direction++) {
            for (j = 0; j < ${NAME}_HIDDEN; j++)
                $zeros;
            for (k = 0; k < steps; k++) {
                t = direction ? steps - 1 - k : k;
                in = layer ? ${name}_between[(layer - 1) % 2][t] : x + t * ${NAME}_INPUTS;
                ${name}_cell(&${name}_layers[2 * layer + direction], in, $states);
                for (j = 0; j < ${NAME}_HIDDEN; j++)
                    ${name}_between[layer % 2][t][direction * ${NAME}_HIDDEN + j] = own[0][j];
            }
        }
$outputs    return 0;
}
"""

LABEL = """
const char *const ${name}_classes[${NAME}_OUTPUTS] = {
$classes
};

const char *${name}_label(const $real *y)
{
    int k, likeliest = 0;
    for (k = 1; k < ${NAME}_OUTPUTS; k++)
        if (y[k] > y[likeliest])
            likeliest = k;
    return ${name}_classes[likeliest];
}
"""

WINDOW = """\
    if (steps > ${NAME}_WINDOW) {
        x += (steps - ${NAME}_WINDOW) * ${NAME}_INPUTS;
        steps = ${NAME}_WINDOW;
    }
"""
AHEAD = """\
    for (t = 0; t < ${NAME}_OUTPUTS; t++)
        y[t] += x[(steps - 1) * ${NAME}_INPUTS + t % ${NAME}_INPUTS];
"""
EACH = """\
    for (t = 0; t < steps; t++)
        ${name}_readout(${name}_between[(${NAME}_LAYERS - 1) % 2][t], y + t * ${NAME}_OUTPUTS);
"""
POOLED = (
    NONE.format("pooled")
    + """\
    for (t = 0; t < steps; t++)
        ${name}_pool(&pooled, ${name}_between[(${NAME}_LAYERS - 1) % 2][t]);
    ${name}_readout(pooled.mean, y);
"""
)
ENDS = """\
    /* Each direction is read where it ends: the second one at step 0. */
    for (j = 0; j < ${NAME}_HIDDEN; j++)
        ${name}_between[(${NAME}_LAYERS - 1) % 2][0][j] = ${name}_between[(${NAME}_LAYERS - 1) % 2][steps - 1][j];
    ${name}_readout(${name}_between[(${NAME}_LAYERS - 1) % 2][0], y);
"""
