"""Networks as PyTorch modules of standard layers, with the same outputs, and back."""

try:
    import torch  # noqa: F401
except ImportError:
    raise ImportError("throughtime.pytorch needs PyTorch: pip install 'throughtime[torch]'") from None

from throughtime.pytorch.modules import Recurrent, SigmoidRNN, save_state, to_torch
from throughtime.pytorch.reading import from_torch

__all__ = ["Recurrent", "SigmoidRNN", "from_torch", "save_state", "to_torch"]
