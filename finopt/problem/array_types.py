"""Names for the types of arrays that the whole package uses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Ints = NDArray[np.int32]

Bools = NDArray[np.bool_]

AnyArray = NDArray[Any]
