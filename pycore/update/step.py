"""The form of a step: a state and a message in, a state and orders out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pycore.effects import Effect
from pycore.state import State

Step: TypeAlias = tuple[State, Sequence[Effect]]

#: The type of a message to what it leads to; each function takes the state and a message of just that type.
Handlers: TypeAlias = Mapping[type, Callable[[State, Any], Step]]
