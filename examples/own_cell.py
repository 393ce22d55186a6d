"""A cell of your own, from a paper's equations to a network that is trained, explained, proved and saved."""

import throughtime as tt


@tt.cell
def peephole(p, x, h, C):  # the LSTM of Gers & Schmidhuber (2000)
    i = tt.sigmoid(x @ p.V_i + h @ p.U_i + C * p.w_i + p.b_i)
    f = tt.sigmoid(x @ p.V_f + h @ p.U_f + C * p.w_f + p.b_f)
    C = f * C + i * tt.tanh(x @ p.V_C + h @ p.U_C + p.b_C)
    o = tt.sigmoid(x @ p.V_o + h @ p.U_o + C * p.w_o + p.b_o)
    return o * tt.tanh(C), C


print(peephole.equations)  # forward and backward, as in a textbook
task = tt.tasks.Addition()
net = tt.Network(cell=peephole, inputs=2, hidden=8, outputs=1)
net = tt.train(
    net, task, steps=6000, optimizer=tt.Adam(0.01), schedule=tt.Cosine(0.05),
    noise=0.5, weight_decay=0.01, cell_penalty=0.008,
).network  # fmt: skip
print(net.trace(*task.encode(107, 27)).explain(t=3, unit=5))  # the formulas of h_3[5], with their numbers
print(tt.prove(net, task.machine).verdict)  # proved: it adds numbers of every length
net.save("adder.safetensors")
