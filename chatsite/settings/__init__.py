"""Settings, one file per concern, all read from the environment by `env`. Nothing set = everything embedded."""

from chatsite.settings.apps import *  # noqa: F403
from chatsite.settings.database import *  # noqa: F403
from chatsite.settings.live import *  # noqa: F403
from chatsite.settings.log import *  # noqa: F403
from chatsite.settings.chat import *  # noqa: F403
from chatsite.settings.security import *  # noqa: F403
from chatsite.settings.people import *  # noqa: F403
from chatsite.settings.pages import *  # noqa: F403
from chatsite.settings.logs import *  # noqa: F403

# Nothing after this line: a setting belongs into the file of its concern.
