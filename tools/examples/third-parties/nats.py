"""As much of the NATS client protocol as a small worker needs, over a plain socket: https://docs.nats.io/reference/reference-protocols/nats-protocol.

A worker of yours would rather use a client library (nats-py, …); this one shows that nothing else is needed.
"""

import json
import re
import socket
import threading
import time
import uuid
from urllib.parse import urlparse


class Message:
    """An event that came, and the address at which the broker hears what became of it (JetStream: +ACK, -NAK, +TERM, +WPI)."""

    def __init__(self, subject, reply, body):
        self.subject, self.reply, self.body = subject, reply, body

    def json(self):
        return json.loads(self.body)

    @property
    def deliveries(self):
        """How often it was delivered: $JS.ACK.[DOMAIN.ACCOUNT.]STREAM.CONSUMER.DELIVERIES.…."""
        words = self.reply.split(".")
        return int(words[4 if len(words) < 11 else 6])


class NotLetIn(Exception):
    """The broker does not know the user, or refuses what it asks for: no further try mends that."""


CONNECT_S = 10
REFUSAL = re.compile("authorization|authentication|permissions violation", re.IGNORECASE)


class Nats:
    """One connection: one thread reads, any may publish."""

    def __init__(self, url, timeout_s=60):
        address = urlparse(url)
        self.opened = time.monotonic()
        self._socket = socket.create_connection((address.hostname, address.port or 4222), timeout=CONNECT_S)
        self._socket.settimeout(timeout_s)
        self._stream = self._socket.makefile("rb")
        self._sending = threading.Lock()
        self._stream.readline()  # INFO {…}
        # Where nobody answers a question, the broker says so at once.
        options = {"verbose": False, "pedantic": False, "lang": "python", "version": "1"}
        options.update(headers=True, no_responders=True)
        if address.username:
            options.update(user=address.username, **{"pass": address.password or ""})
        # Each user hears replies below an inbox of its own.
        self._inbox = f"_INBOX.{address.username}" if address.username else "_INBOX"
        self._send(f"CONNECT {json.dumps(options)}\r\nPING\r\n")
        if self._line() != "PONG":
            raise ConnectionError("the broker refuses the connection")
        self._subscriptions = 0

    def close(self):
        self._socket.close()

    def _send(self, text):
        with self._sending:
            self._socket.sendall(text.encode())

    def _line(self):
        """The next line that is not about the connection itself."""
        while True:
            line = self._stream.readline()
            if not line:
                raise ConnectionError("the broker ended the connection")
            text = line.decode().rstrip("\r\n")
            if text == "PING":
                self._send("PONG\r\n")
            elif text.startswith("-ERR"):
                raise NotLetIn(f"the broker: {text[5:]}") if REFUSAL.search(text) else ConnectionError(text)
            elif text not in ("", "+OK") and not text.startswith("INFO"):
                return text

    def subscribe(self, subject):
        self._subscriptions += 1
        self._send(f"SUB {subject} {self._subscriptions}\r\n")

    def publish(self, subject, body="", reply=""):
        self._send(f"PUB {subject} {reply} {len(body.encode())}\r\n{body}\r\n")

    def store(self, subject, body, message_id):
        """Publishes to a stream, and resolves when the broker has it: what has the same id it keeps once."""
        inbox = f"{self._inbox}.{uuid.uuid4().hex}"
        self.subscribe(inbox)
        head = f"NATS/1.0\r\nNats-Msg-Id: {message_id}\r\n\r\n"
        sizes = f"{len(head.encode())} {len(head.encode()) + len(body.encode())}"
        self._send(f"HPUB {subject} {inbox} {sizes}\r\n{head}{body}\r\n")
        answer = self.next_message()
        self._send(f"UNSUB {self._subscriptions}\r\n")
        if answer.status.startswith("NATS/1.0 503") or "error" in answer.json():
            raise ConnectionError(f"the broker does not keep what is said on {subject}: {answer.status or answer.body}")

    def ask(self, subject, body):
        """Asks the broker itself, by its API of JetStream. Gives what it answers."""
        inbox = f"{self._inbox}.{uuid.uuid4().hex}"
        self.subscribe(inbox)
        self.publish(subject, json.dumps(body), inbox)
        message = self.next_message()
        self._send(f"UNSUB {self._subscriptions}\r\n")
        if message.status:
            raise ConnectionError(f"nobody answers at {subject}: {message.status}")
        answer = message.json()
        if "error" in answer:
            raise ConnectionError(f"{subject}: {answer['error']}")
        return answer

    def next_message(self):
        """The next message of any subscription; its headers, if any, are the first text, which says why there is none."""
        while True:
            words = self._line().split(" ")
            if words[0] not in ("MSG", "HMSG"):
                continue
            has_headers = words[0] == "HMSG"
            head = int(words[-2]) if has_headers else 0
            content = self._stream.read(int(words[-1]) + 2)
            if len(content) < int(words[-1]) + 2:
                raise ConnectionError("the broker ended the connection")
            content = content[:-2]
            numbers = 2 if has_headers else 1
            reply = words[3] if len(words) == 4 + numbers else None
            message = Message(words[1], reply, content[head:])
            message.status = content[:head].split(b"\r\n")[0].decode() if has_headers else ""
            return message

    def pull(self, stream, consumer, wait_s=5):
        """Asks a durable consumer for one event. Gives None where there is none for so long."""
        inbox = f"{self._inbox}.{uuid.uuid4().hex}"
        self.subscribe(inbox)
        request = {"batch": 1, "expires": wait_s * 1_000_000_000}
        self.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", json.dumps(request), inbox)
        while True:
            message = self.next_message()
            if message.subject != inbox and not message.reply:
                continue
            self._send(f"UNSUB {self._subscriptions}\r\n")
            # 404 no messages, 408 the time is over, 409 the consumer changed
            if message.status.startswith("NATS/1.0 4"):
                return None
            # 503: a broker that has just been started has no streams yet
            if message.status and not message.reply:
                raise ConnectionError(f"the broker does not give events of {consumer}: {message.status}")
            return message

    def acknowledge(self, message):
        self.publish(message.reply, "+ACK")

    def give_back(self, message, delay_s):
        self.publish(message.reply, "-NAK " + json.dumps({"delay": int(delay_s * 1_000_000_000)}))

    def refuse(self, message):
        """What can't be read does not come again."""
        self.publish(message.reply, "+TERM")

    def still_at_work(self, message):
        self.publish(message.reply, "+WPI")
