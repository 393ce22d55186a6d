"""Networks as ONNX models and back: standard RNN, LSTM and GRU operators, any batch size and number of steps."""

try:
    import onnx  # noqa: F401
    import onnxruntime  # noqa: F401
except ImportError as error:
    raise ImportError(f"throughtime.bridges.onnx needs {error.name}: pip install 'throughtime[onnx]'") from None

from throughtime.bridges.onnx.operators import session_of
from throughtime.bridges.onnx.reading import from_onnx
from throughtime.bridges.onnx.writing import model_of, to_onnx

__all__ = ["from_onnx", "model_of", "session_of", "to_onnx"]
