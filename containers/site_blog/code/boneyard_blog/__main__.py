"""python3 -m boneyard_blog"""

import sys

from boneyard_blog.commands import main

sys.exit(main())
