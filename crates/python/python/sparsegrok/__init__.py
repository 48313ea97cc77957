"""Studies of grokking: models that memorize first and generalize long after.

>>> import sparsegrok as sg
>>> s = sg.study("grok-a", seeds=64)
>>> s.records["t_gen"], s.km("t_gen"), s.plot(theory=True)

:func:`study` trains, :func:`load` reads, :func:`judge` takes the curves of any other program; all give a
:class:`Study`. :func:`explain` predicts. :class:`SparseSGDClassifier` and :class:`SparseSGDRegressor` are estimators of
scikit-learn, of the same engine.
"""

from typing import TYPE_CHECKING

from ._explain import Explanation, explain, presets, settings
from ._judge import judge
from ._native import Diverged, __version__
from ._settings import Settings
from ._study import Study, load, merge, study, tables
from ._table import Table
from ._vary import lin, log

# Star imports must not fail where scikit-learn is not installed: the estimators are not among `__all__`.
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

if TYPE_CHECKING:
    from ._classifier import SparseSGDClassifier as SparseSGDClassifier
    from ._regressor import SparseSGDRegressor as SparseSGDRegressor
else:
    # Checkers of types see the imports above, and no function that would have every name.
    _ESTIMATORS = {"SparseSGDClassifier": "._classifier", "SparseSGDRegressor": "._regressor"}

    def __getattr__(name: str) -> type:
        """An estimator, when it is first asked for: scikit-learn takes a second to import, and need not be there."""
        if name not in _ESTIMATORS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        try:
            module = import_module(_ESTIMATORS[name], __name__)
        except ImportError as error:
            raise ImportError(
                f"the estimators take scikit-learn 1.6 or later ({error}): expected `pip install 'sparsegrok[sklearn]'`"
            ) from error
        return getattr(module, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_ESTIMATORS})
