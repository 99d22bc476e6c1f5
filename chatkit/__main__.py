"""`python -m chatkit` is the command `chatkit`."""

import sys

from chatkit.cli.main import main

sys.exit(main())
