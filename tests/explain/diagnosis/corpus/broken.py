"""Networks, data and trainings broken in known ways: name, what must be found, how it is made."""

from .broken_data import DATA
from .broken_losses import LOSSES, RATES
from .broken_networks import GRADIENTS, UNITS
from .broken_training import FITS, USES
from .held_out import FAULTY

BROKEN = [*UNITS, *GRADIENTS, *LOSSES, *RATES, *DATA, *USES, *FITS, *FAULTY]
