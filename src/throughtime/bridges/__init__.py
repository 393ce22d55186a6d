"""Networks for other programs, and from them: ONNX, PyTorch, C, and a script that needs only NumPy."""
