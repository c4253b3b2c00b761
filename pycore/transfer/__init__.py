"""A download without IO: events of the network come in, orders to the network and to the archive go out.

``events`` names both, ``engine`` is the machine between them, ``container`` what it writes into; ``fetching`` follows
one file over all of its attempts, ``resuming`` judges whether an answer is the rest of it, ``retry`` says when to try
again, ``origins`` how many connections there may be.
"""

from pycore.transfer.engine import AHEAD_BYTES as AHEAD_BYTES
from pycore.transfer.engine import AHEAD_FILES as AHEAD_FILES
from pycore.transfer.engine import State as State
from pycore.transfer.engine import Transfer as Transfer
from pycore.transfer.events import Arrived as Arrived
from pycore.transfer.events import BeginFile as BeginFile
from pycore.transfer.events import Broke as Broke
from pycore.transfer.events import CallBack as CallBack
from pycore.transfer.events import CalledBack as CalledBack
from pycore.transfer.events import Came as Came
from pycore.transfer.events import CheckToken as CheckToken
from pycore.transfer.events import CompleteFile as CompleteFile
from pycore.transfer.events import Discard as Discard
from pycore.transfer.events import Drop as Drop
from pycore.transfer.events import Ended as Ended
from pycore.transfer.events import Event as Event
from pycore.transfer.events import Fetch as Fetch
from pycore.transfer.events import Finish as Finish
from pycore.transfer.events import LeaveOutFile as LeaveOutFile
from pycore.transfer.events import LineChanged as LineChanged
from pycore.transfer.events import Order as Order
from pycore.transfer.events import Paused as Paused
from pycore.transfer.events import Put as Put
from pycore.transfer.events import PutArrived as PutArrived
from pycore.transfer.events import Responded as Responded
from pycore.transfer.events import Resumed as Resumed
from pycore.transfer.events import Stopped as Stopped
from pycore.transfer.events import Ticked as Ticked
from pycore.transfer.events import TokenChecked as TokenChecked
from pycore.transfer.events import TokenGivenUp as TokenGivenUp
from pycore.transfer.events import TokenRenewed as TokenRenewed
from pycore.transfer.fetching import HELD_BYTES as HELD_BYTES
from pycore.transfer.forecast import forecast as forecast
from pycore.transfer.forecast import forecast_in_steps as forecast_in_steps
from pycore.transfer.progress import Progress as Progress
from pycore.transfer.progress import Waiting as Waiting
