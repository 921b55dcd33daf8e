"""The limits of this process: one store for each participant and one for each address, shared by the hot path and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from klal.domain.limits import Limit, Rate
from klal.errors import TooManyHereError
from klal.intake.checks import RateLimit
from klal.store.opening import configuration


class Limits:
    """What one process lets through.

    Parameters
    ----------
    rates : mapping of Limit to Rate
        For each address.

    Attributes
    ----------
    participants : RateLimit
        Votes of each participant.
    """

    def __init__(self, rates: Mapping[Limit, Rate]) -> None:
        self.participants = RateLimit()
        self._stores = {
            name: RateLimit(rate.burst, max(rate.per_minute, 1) / 60, error=TooManyHereError) for name, rate in rates.items() if rate.burst
        }

    def spend(self, limit: Limit, address: str, count: int = 1) -> None:
        """Count something from an address.

        Parameters
        ----------
        limit : Limit
            What.
        address : str
            As `klal.intake.forwarded.client_address` gives it.
        count : int
            How many.

        Raises
        ------
        TooManyHereError
            If that is too much; it does not count then.
        """
        store = self._stores.get(limit)
        if store is not None:
            store.spend(address, count)

    def count_join(self, address: str) -> None:
        """Count somebody who joins from an address; who comes from nowhere, as in a script of the host's, is not counted.

        Raises
        ------
        TooManyHereError
            If too many have.
        """
        if address:
            self.spend(Limit.JOINS, address)


@lru_cache(maxsize=1)
def shared_limits() -> Limits:
    """Return this process's limits."""
    return Limits(configuration().guards.limits)
