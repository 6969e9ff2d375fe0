"""Results of a pool's workers, in order and not too many at a time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from narrows.parallel import in_order


def test_results_come_in_order_and_few_are_under_way():
    begun = list[int]()

    def work(item):
        begun.append(item)
        time.sleep(0.002 * (item % 3))
        return item * item

    with ThreadPoolExecutor(4) as pool:
        for place, found in enumerate(in_order(pool, work, range(30), 5)):
            assert found == place * place
            assert len(begun) - place <= 5
    assert sorted(begun) == list(range(30))


def test_an_error_comes_in_its_place():
    with ThreadPoolExecutor(2) as pool:
        results = in_order(pool, lambda x: 1 // x, [1, 0, 1], 2)
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_nothing_gives_nothing():
    with ThreadPoolExecutor(1) as pool:
        assert list(in_order(pool, threading.Event, [], 3)) == []
