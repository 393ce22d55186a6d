"""A network as one C99 file without dependencies: static memory only, the cell's equations to be read, parameters
beside them.
"""

from throughtime.bridges.c.compiled import save_c
from throughtime.bridges.c.writing import to_c

__all__ = ["save_c", "to_c"]
