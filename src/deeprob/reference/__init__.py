"""A plain NumPy twin of every kernel: the tests' oracle, and reading text for students.

Everything here is short, float64 unless the input says otherwise, and as close to the lecture's formulas
as right answers allow. `deeprob` itself never calls it. `losses` has scores, losses and regularizers,
`naive` the losses in loops, `search` the lecture's loops, `steps` the lecture's optimizers, `beyond` the
others, `quasi_newton` BFGS and L-BFGS, `layers` the layers of networks, `augment` what makes new images
of a batch.
"""

from .augment import *  # noqa: F403
from .beyond import *  # noqa: F403
from .layers import *  # noqa: F403
from .losses import *  # noqa: F403
from .naive import *  # noqa: F403
from .quasi_newton import *  # noqa: F403
from .search import *  # noqa: F403
from .steps import *  # noqa: F403
