import sys

from deploy.services.control import main
from deploy.services.processes import ServiceError

try:
    sys.exit(main(sys.argv[1:]))
except ServiceError as error:
    sys.exit(f"chatsite: {error}")
