"""The issuer's keys, for services that must not stumble when the issuer does."""

import json
import logging
import time
from threading import Lock
from urllib.request import urlopen

import jwt


# begin: keys
class KeysUnavailable(Exception):
    """Tokens cannot be judged now: the answer is 503."""


class Keys(jwt.PyJWKClient):
    """PyJWKClient, but: unknown key ids cause one fetch in ten seconds, not one each; a fetch ends after five seconds; when
    one fails, the last good keys stay, for a day; and keys are parsed once, not at every request."""

    REFRESH, COOLDOWN, MAX_AGE = 300, 10, 24 * 60 * 60

    def __init__(self, uri):
        super().__init__(uri)
        self.lock, self.jwk_set, self.fetched, self.tried = Lock(), None, float("-inf"), float("-inf")
        try:
            self.get_jwk_set()
        except KeysUnavailable:
            pass  # it is tried again when they are needed

    def get_jwk_set(self, refresh=False):
        with self.lock:
            now = time.monotonic()
            old = refresh or now - self.fetched > self.REFRESH
            due = old and now - self.tried > self.COOLDOWN
            if due:
                self.tried = now
        if due:  # this request alone waits for it; the others go on with the keys that are here
            try:
                with urlopen(self.uri, timeout=5) as answer:
                    self.jwk_set, self.fetched = jwt.PyJWKSet.from_dict(json.load(answer)), now
            except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
                logging.warning("the keys cannot be fetched: %s", error)
        if self.jwk_set is None or now - self.fetched > self.MAX_AGE:
            raise KeysUnavailable
        return self.jwk_set
# end: keys
