"""Train a network here, train it on in PyTorch on two processes, and bring it back.

The way to go where one machine is too small for a network: PyTorch's DistributedDataParallel averages the gradients of
all processes, on one machine or many. Here they meet through a file and the gloo back end; on a cluster let `torchrun`
start the processes and leave `init_method`, `rank` and `world_size` out.
"""

import os
import tempfile

import numpy as np
import torch
from torch import distributed, multiprocessing
from torch.nn.parallel import DistributedDataParallel

import throughtime as tt
from throughtime.bridges.pytorch import from_torch, to_torch

PROCESSES, STEPS, BATCH = 2, 400, 32


def train_on(rank: int, folder: str) -> None:
    """What each process does: its own sequences, the same module."""
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=PROCESSES)
    torch.set_num_threads(1)
    module = to_torch(tt.load(f"{folder}/before.safetensors"))
    parallel = DistributedDataParallel(module)
    optimizer = torch.optim.Adam(parallel.parameters(), lr=0.02)
    task, rng = tt.tasks.Addition(bits=8), np.random.default_rng(rank)
    for _ in range(STEPS):
        drawn = task.sample(rng, BATCH)
        y = parallel(torch.tensor(drawn.x))
        loss = 0.5 * ((y - torch.tensor(drawn.y)) ** 2).sum() / BATCH
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if rank == 0:
        from_torch(module).save(f"{folder}/after.safetensors")
    distributed.barrier()  # nobody leaves while another one still works
    distributed.destroy_process_group()


if __name__ == "__main__":
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # both processes are on this machine
    task = tt.tasks.Addition(bits=8)
    net = tt.Network(cell="gru", inputs=2, hidden=8, outputs=1, seed=0)
    net = tt.train(net, task, steps=150, batch=64, optimizer=tt.Adam(0.01), seed=0).network
    with tempfile.TemporaryDirectory() as folder:
        net.save(f"{folder}/before.safetensors")
        multiprocessing.spawn(train_on, (folder,), nprocs=PROCESSES)
        trained = tt.load(f"{folder}/after.safetensors")
    for when, network in (("before", net), ("after", trained)):
        print(f"{when}: {task.evaluate(network).wrong} of all 65,536 pairs of 8-bit numbers are added wrong")
    assert task.evaluate(trained).wrong < task.evaluate(net).wrong
