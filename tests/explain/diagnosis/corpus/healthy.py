"""Sound networks, trained and untrained: of none of them may a diagnosis complain."""

from .healthy_networks import ARCHITECTURES, MANY_CLASSES
from .healthy_targets import REGRESSION, TWO_CLASSES
from .held_out import SOUND

HEALTHY = [*REGRESSION, *TWO_CLASSES, *MANY_CLASSES, *ARCHITECTURES, *SOUND]
