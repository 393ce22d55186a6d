"""A stream of steps in PyTorch, ONNX Runtime and FastAPI."""

import json
import threading
import time

import numpy as np
import onnxruntime
import torch
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from sktime.datasets import load_basic_motions
from torch import nn
from websockets.sync.client import connect

X, classes = load_basic_motions(split="train", return_type="numpy3d")
X = X.transpose(0, 2, 1).astype(np.float32)  # (recordings, time, sensors)
names, codes = np.unique(classes, return_inverse=True)


class Labeler(nn.Module):
    def __init__(self, x, hidden, outputs):
        super().__init__()
        self.register_buffer("mean", x.mean((0, 1)))
        self.register_buffer("scale", x.std((0, 1)))
        self.gru = nn.GRU(x.shape[2], hidden, batch_first=True)
        self.readout = nn.Linear(hidden, outputs)

    def forward(self, x, h_0):
        h, h_n = self.gru((x - self.mean) / self.scale, h_0)
        return self.readout(h), h_n


torch.manual_seed(0)
x, target = torch.from_numpy(X), torch.from_numpy(codes)[:, None].repeat(1, X.shape[1])
model = Labeler(x, 24, len(names))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(100):
    for rows in torch.randperm(len(x)).split(8):
        logits, _ = model(x[rows], torch.zeros(1, len(rows), 24))
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), target[rows].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

model.eval()
with torch.no_grad():
    expected = model(x[30:31], torch.zeros(1, 1, 24))[0][0, -1].softmax(-1).numpy()
torch.onnx.export(
    model, (x[:1, :1], torch.zeros(1, 1, 24)), "motions.onnx", input_names=["x", "h_0"], output_names=["y", "h_n"],
    dynamo=False,
)  # fmt: skip
session = onnxruntime.InferenceSession("motions.onnx")
app = FastAPI()


@app.websocket("/stream")
async def stream(websocket: WebSocket):
    await websocket.accept()
    h = np.zeros((1, 1, 24), np.float32)
    try:
        while True:
            step = np.array(await websocket.receive_json(), np.float32)
            if step.shape != (X.shape[2],) or not np.isfinite(step).all():
                await websocket.send_json({"error": "a step must be 6 finite numbers"})
                continue
            logits, h = session.run(["y", "h_n"], {"x": step[None, None], "h_0": h})
            y = np.exp(logits[0, 0] - logits.max())
            await websocket.send_json({"y": (y / y.sum()).tolist(), "label": str(names[y.argmax()])})
    except WebSocketDisconnect:
        pass


server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=8766, log_level="warning"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.01)
with connect("ws://127.0.0.1:8766/stream") as client:
    for step in X[30]:
        client.send(json.dumps(step.tolist()))
        answer = json.loads(client.recv())
print(answer["label"], classes[30])
server.should_exit = True
print(abs(expected - answer["y"]).max())
