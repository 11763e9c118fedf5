"""Decides by age which trees are kept."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Callable

from .config import Keep

_HOUR, _DAY = 3600, 24 * 3600
# Trees that are never removed to free space. So code that fills the disk or rewrites every file cannot make the history remove the
# states before it.
PROTECTED = Keep(all=0, hourly=1, daily=7, monthly=0)


def kept(moments: Iterable[float], keep: Keep) -> set[float]:
    """
    The moments of the trees that are kept: the newest of each period.

    Ages count from the newest tree, not from the present time. So nothing is removed as long as nothing changes.
    """
    newest_first = sorted(moments, reverse=True)
    if not newest_first:
        return set()
    newest = newest_first[0]
    tiers: list[tuple[int, Callable[[float], object]]] = [
        (keep.all, lambda moment: moment),
        (keep.hourly, lambda moment: moment // _HOUR),
        (keep.daily, lambda moment: moment // _DAY),
        (keep.monthly, lambda moment: time.gmtime(moment)[:2]),
    ]
    stays = {newest}
    for days, period_of in tiers:
        seen = set()
        for moment in newest_first:
            period = period_of(moment)
            if newest - moment < days * _DAY and period not in seen:
                seen.add(period)
                stays.add(moment)
    return stays
