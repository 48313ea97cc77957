"""Studies of grokking: models that memorize first and generalize long after.

>>> import sparsegrok as sg
>>> s = sg.study("grok-a", seeds=64)
>>> s.records["t_gen"], s.km("t_gen"), s.plot(theory=True)

:func:`study` trains, :func:`load` reads, :func:`judge` takes the curves of any other program; all give a
:class:`Study`. :func:`explain` predicts.
"""

from ._explain import Explanation, explain, presets, settings
from ._judge import judge
from ._native import Diverged, __version__
from ._settings import Settings
from ._study import Study, load, merge, study, tables
from ._table import Table
from ._vary import lin, log

__all__ = [
    "Diverged",
    "Explanation",
    "Settings",
    "Study",
    "Table",
    "__version__",
    "explain",
    "judge",
    "lin",
    "load",
    "log",
    "merge",
    "presets",
    "settings",
    "study",
    "tables",
]
