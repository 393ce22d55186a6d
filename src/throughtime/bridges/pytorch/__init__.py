"""Networks as PyTorch modules with the same outputs, and back."""

try:
    import torch  # noqa: F401
except ImportError:
    raise ImportError("throughtime.bridges.pytorch needs PyTorch: pip install 'throughtime[torch]'") from None

from throughtime.bridges.pytorch.modules import Recurrent, save_state, to_torch
from throughtime.bridges.pytorch.reading import from_torch
from throughtime.bridges.pytorch.recurrent import CellRNN, SigmoidRNN

__all__ = ["CellRNN", "Recurrent", "SigmoidRNN", "from_torch", "save_state", "to_torch"]
