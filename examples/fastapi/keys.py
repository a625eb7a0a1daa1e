"""The issuer's keys, for services that must keep working while the issuer is unavailable."""

import json
import logging
import time
from threading import Lock
from urllib.request import urlopen

import jwt


# begin: keys
class KeysUnavailable(Exception):
    """There are no keys to verify tokens with; respond with 503."""


class Keys(jwt.PyJWKClient):
    """A PyJWKClient that fetches at most once in ten seconds for unknown key ids, limits a fetch to five seconds, keeps the
    last valid keys for a day if a fetch fails, and parses keys once instead of at every request."""

    REFRESH, COOLDOWN, MAX_AGE = 300, 10, 24 * 60 * 60

    def __init__(self, uri):
        super().__init__(uri)
        self.lock, self.jwk_set, self.fetched, self.tried = Lock(), None, float("-inf"), float("-inf")
        try:
            self.get_jwk_set()
        except KeysUnavailable:
            pass  # retried when a key is needed

    def get_jwk_set(self, refresh=False):
        with self.lock:
            now = time.monotonic()
            old = refresh or now - self.fetched > self.REFRESH
            due = old and now - self.tried > self.COOLDOWN
            if due:
                self.tried = now
        if due:  # only this request waits; others use the keys fetched before
            try:
                with urlopen(self.uri, timeout=5) as answer:
                    self.jwk_set, self.fetched = jwt.PyJWKSet.from_dict(json.load(answer)), now
            except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
                logging.warning("cannot fetch the keys: %s", error)
        if self.jwk_set is None or now - self.fetched > self.MAX_AGE:
            raise KeysUnavailable
        return self.jwk_set
# end: keys
