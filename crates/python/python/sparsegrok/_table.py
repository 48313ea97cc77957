"""Tables: named columns of one length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


MOST_NAMES = 12
"""Most columns that are named in a word on a table."""


class Table(Mapping[str, np.ndarray]):
    """Columns by their names: one-dimensional NumPy arrays of one length, which cannot be written to.

    Numbers are ``float64``, with NaN for what is missing, whole numbers that are never missing are ``int64``, texts
    are ``str``. ``table["t_gen"]`` is a column, ``dict(table)`` all of them; libraries that know Arrow take the table
    as it is (``polars.DataFrame(table)``, ``duckdb.from_arrow(table)``).
    """

    def __init__(self, columns: Mapping[str, Any]) -> None:
        """Takes columns: arrays, or lists.

        Raises ValueError where they differ in length.
        """
        self._columns = {name: _column(values) for name, values in columns.items()}
        lengths = {len(column) for column in self._columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of {sorted(lengths)} values: expected one length")

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return next((len(column) for column in self._columns.values()), 0)

    def where(self, **values: Any) -> Table:
        """The rows in which columns have these values: ``records.where(status="grokked")``.

        Raises ValueError for a column that is not there.
        """
        kept = np.ones(self.rows, dtype=bool)
        for name, value in values.items():
            if name not in self._columns:
                raise ValueError(f"no column `{name}`: expected one of {', '.join(self)}")
            kept &= self._columns[name] == value
        return Table({name: column[kept] for name, column in self._columns.items()})

    def to_pandas(self) -> pandas.DataFrame:
        """The table for pandas, which reads numbers where they lie.

        Raises ImportError where pandas is not installed.
        """
        import pandas

        return pandas.DataFrame(self._columns, copy=False)

    def to_polars(self) -> polars.DataFrame:
        """The table for polars, which reads numbers where they lie.

        Raises ImportError where polars is not installed.
        """
        import polars

        return polars.DataFrame(self._columns)

    def to_arrow(self) -> pyarrow.Table:
        """The table for pyarrow, which reads numbers where they lie; NaN stays NaN.

        Raises ImportError where pyarrow is not installed.
        """
        import pyarrow

        return pyarrow.table({name: pyarrow.array(column) for name, column in self._columns.items()})

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table as Arrow's stream, which pyarrow or polars makes.

        Raises ImportError where neither is installed.
        """
        table: Any
        try:
            table = self.to_arrow()
        except ImportError:
            try:
                table = self.to_polars()
            except ImportError:
                raise ImportError(
                    "a table goes out as Arrow's stream by pyarrow or polars: expected `pip install 'sparsegrok[arrow]'`"
                ) from None
        return table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        names = list(self)
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        return f"<Table of {self.rows} rows: {', '.join(names[:MOST_NAMES])}{more}>"

    def _repr_html_(self) -> str:
        from ._html import table_page

        return table_page(self)


def one_dimensional(values: Any) -> np.ndarray:
    """The values of a column as an array.

    Raises ValueError where it has another number of dimensions.
    """
    column = np.asarray(values)
    if column.ndim != 1:
        raise ValueError(f"a column of {column.ndim} dimensions: expected one")
    return column


def _column(values: Any) -> np.ndarray:
    column = one_dimensional(values)
    # No rows tell no kind: texts are the only columns that come as lists.
    if column.size == 0 and not isinstance(values, np.ndarray):
        column = column.astype(str)
    column = column.view()
    column.flags.writeable = False
    return column
