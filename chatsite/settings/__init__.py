"""Settings, one file per concern, all read from the environment by `env`. Nothing set = everything embedded."""

from chatsite.settings.apps import *
from chatsite.settings.database import *
from chatsite.settings.live import *
from chatsite.settings.log import *
from chatsite.settings.chat import *
from chatsite.settings.security import *
from chatsite.settings.people import *
from chatsite.settings.pages import *
from chatsite.settings.logs import *
from chatsite.settings.observed import *

# Nothing after this line: a setting belongs into the file of its concern.
