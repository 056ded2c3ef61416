"""What all workers share: imported by the server that they fork from, with the collector off, to which none is garbage.

Only what every training needs: the rest is loaded by the worker that measures, while others train.
"""

import gc
from importlib import import_module

gc.disable()
import_module("mixbench.runs.work")
gc.freeze()
gc.enable()
