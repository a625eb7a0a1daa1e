"""Serves the task API with uvicorn.

DATABASE_URL=postgres://... PORT=8080 PROCESSES=2 JWKS_URL=... ISSUER=... AUDIENCE=... python serve.py
"""

import os

import uvicorn

from app import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    uvicorn.run(
        "app:app",
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        workers=int(os.environ["PROCESSES"]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
