#!/usr/bin/env python3
"""Writes the keys of a JWKS as the PEM files that haproxy.cfg names, and says `changed` if that changed any.

    public-keys.py JWKS_URL DIRECTORY

Run it every five minutes, and reload HAProxy when it says so. Needs PyJWT and cryptography. When the issuer cannot be reached
it fails and leaves the files as they are.
"""

import json
import sys
from pathlib import Path
from urllib.request import urlopen

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

# begin: keys
FILES = 4  # as many as haproxy.cfg names

url, directory = sys.argv[1], Path(sys.argv[2])
with urlopen(url, timeout=5) as answer:
    jwks = json.load(answer)["keys"]
keys = [RSAAlgorithm.from_jwk(json.dumps(key)) for key in jwks if key["kty"] == "RSA" and key.get("use", "sig") == "sig"]
if not 1 <= len(keys) <= FILES:
    sys.exit(f"{len(keys)} keys at {url}, and haproxy.cfg names {FILES} files")
pems = [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in keys]

changed = False
for number in range(FILES):
    path = directory / f"{number + 1}.pem"
    pem = pems[min(number, len(pems) - 1)]  # HAProxy wants every file: those left over hold the last key again
    if not path.exists() or path.read_bytes() != pem:
        fresh = path.with_suffix(".new")
        fresh.write_bytes(pem)
        fresh.rename(path)
        changed = True
if changed:
    print("changed")
# end: keys
