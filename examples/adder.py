"""Train an adder, add two numbers, and look at where a gradient comes from."""

import throughtime as tt

task = tt.tasks.Addition(bits=8)
net = tt.Network(cell="elman", inputs=2, hidden=16, outputs=1, seed=0)
run = tt.train(net, task, steps=2000, batch=64, optimizer=tt.Adam(0.02), noise=0.2, seed=0)
print(task.evaluate(run.network))

x, y = task.encode(123_456_789, 987_654_321)  # far longer than the 8 bits of its training
predicted = run.network.predict(x)
print(task.render(x[0], predicted[0]))
assert task.decode(predicted[0]) == 123_456_789 + 987_654_321

trace = run.network.trace(*task.encode(107, 27))
print(trace.explain(t=3, unit=5))
