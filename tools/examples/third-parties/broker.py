"""A connection to the broker that lasts: where it breaks, a new one is made."""

import sys
import threading
import time

from nats import Nats

#: Pauses before a new connection is tried; the last is repeated.
PAUSES_S = (0.2, 0.5, 1, 2, 5, 10)
#: One that held for so long worked: the pauses begin anew.
STEADY_S = 5


class Broker:
    """What several threads share; each says what it wants of a connection, which may be another one each time."""

    def __init__(self, url, stop, timeout_s=60):
        """@param stop an event that ends all waiting"""
        self.stop = stop
        self._url, self._timeout_s = url, timeout_s
        self._making = threading.Lock()
        self._connection = None
        self._failures = 0

    def call(self, act, is_over=None):
        """Does `act(connection)`, with a new connection where one breaks, until it is done; what is told may so be told twice.

        Gives what it gives; None where there is an end of it, by `stop` or `is_over`. @raises NotLetIn
        """
        while not self.stop.is_set() and not (is_over and is_over.is_set()):
            connection = self._connected()
            try:
                if connection is not None:
                    return act(connection)
            except OSError as error:
                self._lost(connection, error)
        return None

    def once(self, act):
        """The same, without another try: for what is good to say at the end, and comes right without it."""
        connection = self._connection
        try:
            if connection is not None:
                act(connection)
        except OSError:
            pass

    def _connected(self):
        """Gives None where there is none yet."""
        with self._making:
            if self._connection is not None:
                return self._connection
            if self._failures > 0 and self.stop.wait(PAUSES_S[min(self._failures, len(PAUSES_S)) - 1]):
                return None
            try:
                self._connection = Nats(self._url, self._timeout_s)
            except OSError as error:
                self._note(error)
                return None
            if self._failures > 0:
                print("the broker is there again", file=sys.stderr, flush=True)
            return self._connection

    def _lost(self, connection, error):
        with self._making:
            # Another thread may have noticed first.
            if self._connection is not connection:
                return
            self._connection = None
            connection.close()
            if time.monotonic() - connection.opened > STEADY_S:
                self._failures = 0
            self._note(error)

    def _note(self, error):
        if self._failures == 0:
            print(f"the broker is away: {error}; trying again", file=sys.stderr, flush=True)
        self._failures += 1
