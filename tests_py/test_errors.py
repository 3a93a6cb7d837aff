"""One tree of exceptions, which also fit the built-in classes that callers already catch."""

import copy
import inspect
import pickle

import pytest

from barter_python import errors

PARENTS = {
    "BarterError": (Exception,),
    "ConfigError": (errors.BarterError, ValueError),
    "DataError": (errors.BarterError, ValueError),
    "MissingFileError": (errors.DataError, FileNotFoundError),
    "OrderError": (errors.BarterError, ValueError),
    "StateError": (errors.BarterError, RuntimeError, ValueError),
    "ReceiveTimeoutError": (errors.StateError, TimeoutError),
    "EventStormError": (errors.BarterError, RuntimeError),
    "StrategyError": (errors.BarterError,),
    "MissingExtraError": (errors.BarterError, ImportError),
    "InternalError": (errors.BarterError,),
}
PLACED = [errors.DataError, errors.MissingFileError]


def test_the_tree_is_the_one_written_here():
    classes = inspect.getmembers(errors, inspect.isclass)
    assert {name: cls.__bases__ for name, cls in classes} == PARENTS


@pytest.mark.parametrize("name", PARENTS)
def test_each_is_caught_by_the_root_and_says_its_message(name):
    cls = getattr(errors, name)
    with pytest.raises(errors.BarterError) as caught:
        raise cls("price must be finite, got nan")
    assert type(caught.value) is cls
    assert str(caught.value) == "price must be finite, got nan"
    assert cls.__doc__


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", PARENTS)
def test_each_survives_the_way_to_another_process(name, protocol):
    cls = getattr(errors, name)
    error = cls("no such instrument")
    error.add_note("while reading row 7")
    back = pickle.loads(pickle.dumps(error, protocol))
    assert type(back) is cls
    assert str(back) == str(error)
    assert vars(back) == vars(error)


@pytest.mark.parametrize("cls", PLACED)
def test_a_fault_in_data_keeps_its_place(cls):
    error = cls("a.csv, row 3: price must be > 0, got -1", "a.csv", 3, "price")
    for same in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert str(same) == "a.csv, row 3: price must be > 0, got -1"
        assert (same.path, same.row, same.column) == ("a.csv", 3, "price")


@pytest.mark.parametrize("cls", PLACED)
def test_a_fault_without_a_place_says_none(cls):
    error = cls("no rows")
    assert (error.path, error.row, error.column) == (None, None, None)


def test_a_missing_file_is_caught_by_the_name_python_has_for_it():
    with pytest.raises(FileNotFoundError, match="no file"):
        raise errors.MissingFileError("a.parquet: no file of this name", "a.parquet")
