"""Networks as PyTorch modules with the same outputs, and back."""

try:
    import torch  # noqa: F401
except ImportError:
    raise ImportError("throughtime.pytorch needs PyTorch: pip install 'throughtime[torch]'") from None

from throughtime.pytorch.modules import Recurrent, save_state, to_torch
from throughtime.pytorch.reading import from_torch
from throughtime.pytorch.recurrent import CellRNN, SigmoidRNN

__all__ = ["CellRNN", "Recurrent", "SigmoidRNN", "from_torch", "save_state", "to_torch"]
