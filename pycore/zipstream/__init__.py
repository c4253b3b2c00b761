"""A ZIP writer without IO: it gives the bytes around the payloads and knows the total beforehand."""

from pycore.zipstream.forecast import Forecast, Member, total_size
from pycore.zipstream.records import Limits, Stamp
from pycore.zipstream.stream import ZipStream

__all__ = ["Forecast", "Limits", "Member", "Stamp", "ZipStream", "total_size"]
